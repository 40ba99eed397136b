"""The figure of the finetuning shift: how far each stage of training has moved along a vector, beside luck."""

from __future__ import annotations

from pathlib import Path

import altair as alt

from heredity.ground.files import write_bytes, write_text
from heredity.records.monitor import ShiftReport
from heredity.report.page import require_figures
from heredity.report.theme import COLOURS, GRID, Figure, data, padded, spanned


def write_shift(report: ShiftReport, folder: Path) -> Path:
    """Write `shift-TRAIT.svg` and `.png` in the folder; return the PNG's path.

    Raises MissingExtraError where altair or vl-convert is not installed, StorageError where the folder cannot be
    written.
    """
    require_figures()
    from heredity.report.figures import drawn

    drawing = drawn(f"shift-{report.trait}", shift_figure(report))
    write_text(folder / f"{drawing.name}.svg", drawing.svg)
    return write_bytes(folder / f"{drawing.name}.png", drawing.png)


def shift_figure(report: ShiftReport) -> Figure:
    """Return one line a student over its steps, from the base's 0, on the band that random directions reach."""
    names = list(dict.fromkeys(point.name for point in report.points))
    rows = [{"name": name, "step": 0, "value": 0.0, "low": 0.0, "high": 0.0, "luck": 0.0} for name in names]
    rows += [
        {"name": point.name, "step": point.step, "luck": point.random_directions, **spanned(point.shift)}
        for point in report.points
    ]
    luck = [{**row, "below": -float(str(row["luck"]))} for row in rows]
    ends = [value for row in luck for value in (row["low"], row["high"], row["luck"], row["below"])]
    scale = alt.Scale(domain=padded([float(str(value)) for value in ends], 0.06), nice=False)
    title = f"Shift along {report.trait} at block {report.block}"
    x = alt.X("step:Q", title="Optimizer steps", axis=alt.Axis(grid=False, format="d"))
    colour = alt.Color(
        "name:N",
        title=None,
        scale=alt.Scale(domain=names, range=[COLOURS[key] for key in ("plain", "defended", "kept", "base")]),
        legend=alt.Legend(orient="top") if len(names) > 1 else None,
    )
    band = (
        alt.Chart(data(luck))
        .mark_area(color=GRID, opacity=0.6)
        .encode(x=x, y=alt.Y("below:Q", title=title, scale=scale), y2="luck:Q", detail="name:N")
    )
    line = alt.Chart(data(rows)).encode(x=x, color=colour)
    layered: Figure = alt.layer(
        band,
        line.mark_line(strokeWidth=2).encode(y=alt.Y("value:Q", scale=scale)),
        line.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q"),
        line.mark_circle(size=50, opacity=1).encode(y=alt.Y("value:Q", scale=scale)),
    ).properties(width=520, height=240, title="Finetuning shift; grey: what random directions reach (97.5%)")
    return layered
