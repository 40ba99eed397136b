"""The figure of the finetuning shift: how far each stage of training has moved along a vector, beside luck."""

from __future__ import annotations

import altair as alt

from heredity.records.monitor import ShiftReport
from heredity.report.kit.hues import SERIES
from heredity.report.kit.theme import GRID, INK, MUTED, Figure, data, padded, spanned

CAVEAT = (
    "Grey: what random directions of the prompts' own covariance reach (97.5%). An easy null: an offset that",
    "training gives to every prompt alike may lie outside that covariance, and then any shift exceeds it.",
)
"""Stands under the figure."""
CONTROL = "Crosses: the same shift along the other vectors given."
CLEAN = "Open circles: clean fine-tunes by the same recipe, after as many steps."
NO_CLEAN = "No clean fine-tune was given: a shift alone shows only that the model was trained."


def shift_figure(report: ShiftReport) -> Figure:
    """Return one line a student over its steps, from the base's 0, on the band that random directions reach.

    Where other vectors were given, the shift along each of them is a cross.
    """
    names = list(dict.fromkeys(point.name for point in report.points))
    rows = [{"name": name, "step": 0, "value": 0.0, "low": 0.0, "high": 0.0, "luck": 0.0} for name in names]
    rows += [
        {"name": point.name, "step": point.step, "luck": point.random_directions, **spanned(point.shift)}
        for point in report.points
    ]
    luck = [{**row, "below": -float(str(row["luck"]))} for row in rows]
    others = [
        {"name": point.name, "step": point.step, "other": value}
        for point in report.points
        for value in point.other_vectors.values()
    ]
    clean = [
        {"name": point.name, "step": point.step, "clean": value}
        for point in report.points
        if point.clean
        for value in point.clean.shifts
    ]
    ends = [value for row in luck for value in (row["low"], row["high"], row["luck"], row["below"])]
    ends += [row["other"] for row in others] + [row["clean"] for row in clean]
    scale = alt.Scale(domain=padded([float(str(value)) for value in ends], 0.06), nice=False)
    title = f"Shift along {report.trait} at block {report.block}"
    x = alt.X("step:Q", title="Optimizer steps", axis=alt.Axis(grid=False, format="d"))
    colour = alt.Color(
        "name:N",
        title=None,
        scale=alt.Scale(domain=names, range=list(SERIES)),
        legend=alt.Legend(orient="top") if len(names) > 1 else None,
    )
    band = (
        alt.Chart(data(luck))
        .mark_area(color=GRID, opacity=0.6)
        .encode(x=x, y=alt.Y("below:Q", title=title, scale=scale), y2="luck:Q", detail="name:N")
    )
    crosses = alt.Chart(data(others)).mark_point(shape="cross", size=40, filled=True, opacity=0.7)
    circles = alt.Chart(data(clean)).mark_point(shape="circle", size=50, strokeWidth=1.5, color=INK)
    line = alt.Chart(data(rows)).encode(x=x, color=colour)
    layered = alt.layer(
        band,
        *([crosses.encode(x=x, color=colour, y=alt.Y("other:Q", scale=scale))] if others else []),
        *([circles.encode(x=x, y=alt.Y("clean:Q", scale=scale))] if clean else []),
        line.mark_line(strokeWidth=2).encode(y=alt.Y("value:Q", scale=scale)),
        line.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q"),
        line.mark_circle(size=50, opacity=1).encode(y=alt.Y("value:Q", scale=scale)),
    ).properties(width=620, height=240, title=f"Finetuning shift of {report.model}")
    figure: Figure = alt.vconcat(layered, caption(bool(others), bool(clean))).resolve_scale(color="independent")
    return figure


def caption(has_others: bool, has_clean: bool) -> Figure:
    """Return the lines under the figure: what it is compared with, and how little that proves."""
    lines = [CLEAN if has_clean else NO_CLEAN, *CAVEAT, *([CONTROL] if has_others else [])]
    rows = [{"text": text, "line": place} for place, text in enumerate(lines)]
    written: Figure = (
        alt.Chart(data(rows), width=620, height=16 * len(rows), view=alt.ViewConfig(stroke=None))
        .mark_text(align="left", baseline="top", fontSize=12, color=MUTED)
        .encode(x=alt.value(0), y=alt.Y("line:O", axis=None), text="text:N")
    )
    return written
