"""The figure of a scan: how far the rows lie along every trait."""

from __future__ import annotations

import altair as alt

from heredity.records.scan import ScanReport
from heredity.report.kit.hues import COLOURS
from heredity.report.kit.theme import INK, Figure, data, spanned

SHOWN, NOT_SHOWN = "shown", "not shown"


def shifts_figure(report: ScanReport, *, is_narrow: bool = False) -> Figure:
    """Return every trait's shift with its interval, the shown ones in colour."""
    order = [trait.trait for trait in report.traits]
    rows = [
        {
            "trait": trait.trait,
            "state": SHOWN if trait in report.shown else NOT_SHOWN,
            **spanned(trait.shift),
        }
        for trait in report.traits
    ]
    y = alt.Y("trait:N", sort=order, title=None)
    colour = alt.Color(
        "state:N",
        title=None,
        scale=alt.Scale(domain=[SHOWN, NOT_SHOWN], range=[COLOURS["over"], COLOURS["not over"]]),
        legend=alt.Legend(orient="top"),
    )
    base = alt.Chart(data(rows))
    title = "Shift (share of the distance between the poles)"
    bars = base.mark_rule(strokeWidth=2).encode(
        y=y, x=alt.X("low:Q", title="Shift" if is_narrow else title), x2="high:Q", color=colour
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(y=y, x="value:Q", color=colour)
    zero = alt.Chart(data([{"at": 0}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="at:Q")
    figure: Figure = alt.layer(zero, bars, points).properties(
        width=210 if is_narrow else 520,
        height=26 * len(rows),
        title="Beside the model's own answers" if is_narrow else "What the rows hold, beside the model's own answers",
    )
    return figure
