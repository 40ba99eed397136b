"""The figure of an origin: how the evidence for the likeliest candidate grows, row by row."""

from __future__ import annotations

import math
from itertools import accumulate
from operator import sub

import altair as alt

from heredity.records.origin import OriginReport
from heredity.report.kit.hues import SERIES
from heredity.report.kit.theme import MUTED, Figure, data

N_DRAWN = 200
"""Places at which a curve is drawn."""


def evidence_figure(report: OriginReport, *, is_narrow: bool = False) -> Figure:
    """Return the summed log ratio of the likeliest candidate over every other one, and the line that decides."""
    nats = {reading.hypothesis.name: reading.nats for reading in report.readings}
    others = [one.second for one in report.ahead[: len(SERIES)]]
    every = max(1, report.n_rows // N_DRAWN)
    rows = [
        {"over": name, "row": place, "nats": total}
        for name in others
        for place, total in enumerate(accumulate(map(sub, nats[report.best], nats[name])), start=1)
        if place % every == 0 or place == report.n_rows
    ]
    bound = decisive(report)
    x = alt.X("row:Q", title="Rows read", axis=alt.Axis(grid=False, format="d"))
    colour = alt.Color(
        "over:N", title=None, scale=alt.Scale(domain=others, range=list(SERIES)), legend=alt.Legend(orient="top")
    )
    lines = alt.Chart(data(rows)).mark_line(strokeWidth=2)
    rule = alt.Chart(data([{"nats": bound}])).mark_rule(color=MUTED, strokeDash=[4, 3])
    figure: Figure = alt.layer(
        rule.encode(y="nats:Q"),
        lines.encode(x=x, y=alt.Y("nats:Q", title="Evidence so far (nats)"), color=colour),
    ).properties(width=300 if is_narrow else 620, height=240, title=f"{report.best}, over the nearest other candidates")
    return figure


def decisive(report: OriginReport) -> float:
    """Return the summed log ratio from which on two candidates are told apart, over all pairs of the panel."""
    return math.log(len(report.comparisons) / report.spec.level)
