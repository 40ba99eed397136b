"""The figure of a forecast: what the rows' push does to the trait, beside random pushes of its length."""

from __future__ import annotations

import altair as alt

from heredity.records.forecast import ForecastReport
from heredity.report.kit.hues import COLOURS
from heredity.report.kit.theme import INK, Figure, data, spanned

ROWS, RANDOM = "the rows", "random directions"


def pushes_figure(report: ForecastReport, *, is_narrow: bool = False) -> Figure:
    """Return the change of the trait under every push, with its interval."""
    rows = [{"push": "the rows", "kind": ROWS, **spanned(report.change)}]
    rows += [
        {"push": f"random direction {place}", "kind": RANDOM, **spanned(one)}
        for place, one in enumerate(report.controls, start=1)
    ]
    y = alt.Y("push:N", sort=[str(row["push"]) for row in rows], title=None)
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=[ROWS, RANDOM], range=[COLOURS["over"], COLOURS["not over"]]),
        legend=None,
    )
    base = alt.Chart(data(rows))
    title = f"Points of {report.trait} (of 100), less the model without a push"
    bars = base.mark_rule(strokeWidth=2).encode(
        y=y, x=alt.X("low:Q", title="Points" if is_narrow else title), x2="high:Q", color=colour
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(y=y, x="value:Q", color=colour)
    zero = alt.Chart(data([{"at": 0}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="at:Q")
    figure: Figure = alt.layer(zero, bars, points).properties(
        width=200 if is_narrow else 520,
        height=30 * len(rows),
        title="Pushed along" if is_narrow else "What the model shows when it is pushed along ...",
    )
    return figure
