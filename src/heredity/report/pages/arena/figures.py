"""The arena's figure: what is left of the trait under every defence, beside what it costs."""

from __future__ import annotations

import altair as alt

from heredity.records.arena import ArenaMeasure, Contest
from heredity.report.kit.hues import hue_of
from heredity.report.kit.theme import INK, QUIET, Figure, data, padded, spread
from heredity.stats.estimate import Estimate

COSTS: dict[ArenaMeasure, str] = {
    "task": "Task, less plain (nats a token)",
    "benign_log_p": "Everyday log p, less plain (nats a token)",
}
LEFT = "Trait left, less the base (points)"
NOUGHT = Estimate(0.0, 0.0, 0.0, 0)
"""The plain fine-tune beside itself."""


def pareto_figure(contest: Contest, *, is_narrow: bool = False) -> Figure:
    """Return what is left of the trait by what a defence costs, in two measures; the best lies low and right."""
    panels = [panel(contest, measure, is_narrow) for measure in COSTS]
    return alt.vconcat(*panels) if is_narrow else alt.hconcat(*panels)


def panel(contest: Contest, measure: ArenaMeasure, is_narrow: bool) -> Figure:
    """Return one cost's panel; random twins are drawn hollow and without a name."""
    rows = []
    for one in contest.standings:
        cost, left = one.beside_plain.get(measure, NOUGHT), one.beside_base["expression"]
        rows.append(
            {
                "name": one.arm.short if not one.arm.twin_of else "",
                "arm": one.arm.name,
                "kind": "random twin" if one.arm.twin_of else "contender",
                "x": cost.value,
                "x_low": cost.low,
                "x_high": cost.high,
                "y": left.value,
                "y_low": left.low,
                "y_high": left.high,
            }
        )
    arms = [str(row["arm"]) for row in rows]
    colour = alt.Color("arm:N", scale=alt.Scale(domain=arms, range=[hue_of(arm).light for arm in arms]), legend=None)
    across = padded([*(float(row["x_low"]) for row in rows), *(float(row["x_high"]) for row in rows)], 0.12)
    up = padded([0.0, *(float(row["y_low"]) for row in rows), *(float(row["y_high"]) for row in rows)], 0.08)
    named = [row for row in rows if row["name"]]
    for row, height in zip(named, spread([float(row["y"]) for row in named], (up[1] - up[0]) / 16), strict=True):
        row["label"] = height
    wide, high = alt.Scale(domain=across, nice=False), alt.Scale(domain=up, nice=False)
    x, low = (alt.X(f"{name}:Q", title=COSTS[measure], scale=wide) for name in ("x", "x_low"))
    y, bottom = (alt.Y(f"{name}:Q", title=LEFT, scale=high) for name in ("y", "y_low"))
    base = alt.Chart(data(rows))
    level = base.mark_rule(strokeWidth=1.5, opacity=0.55).encode(x=low, x2="x_high:Q", y=y, color=colour)
    upright = base.mark_rule(strokeWidth=1.5, opacity=0.55).encode(x=x, y=bottom, y2="y_high:Q", color=colour)
    points = base.mark_point(size=80, opacity=1, strokeWidth=2).encode(
        x=x,
        y=y,
        color=colour,
        fill=alt.condition(alt.datum.kind == "contender", colour, alt.value("#ffffff")),
    )
    beside = alt.Y("label:Q", scale=high, title=LEFT)
    names = base.mark_text(align="left", dx=9, dy=-9, fontSize=13, color=INK).encode(x=x, y=beside, text="name:N")
    nought = alt.Chart(data([{"at": 0}])).mark_rule(color=QUIET, strokeDash=[4, 3])
    chart: Figure = alt.layer(
        nought.encode(x="at:Q"), nought.encode(y="at:Q"), level, upright, points, names
    ).properties(width=230 if is_narrow else 330, height=260 if is_narrow else 330)
    return chart
