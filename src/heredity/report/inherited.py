"""The figure of a distillation: the share of the trait beside the share of the skill, carrier by carrier."""

from __future__ import annotations

import altair as alt

from heredity.records.distillation import DistillationReport, Inherited
from heredity.report.theme import COLOURS, INK, QUIET, Figure, Rows, data, notice, padded, spanned

TRAIT, SKILL = "trait", "skill"
STEP = 46
"""Points of height of one teacher's two marks."""
WIDE, NARROW = 420, 190


def shares_figure(report: DistillationReport, *, is_narrow: bool = False) -> Figure:
    """Return one panel a carrier: what students of each teacher inherited of its trait and of its skill."""
    if not any(one.share for one in report.table):
        return notice("One student of each teacher: no share has an interval.")
    ends = [0.0, 1.0, *(end for one in report.table if one.share for end in (one.share.low, one.share.high))]
    domain = padded(ends, 0.05)
    panels = [
        _panel(report, carrier, domain, NARROW if is_narrow else WIDE, is_last=carrier == report.spec.carriers[-1])
        for carrier in report.spec.carriers
    ]
    drawn: Figure = alt.vconcat(*panels, spacing=14)
    return drawn


def kind_of(one: Inherited) -> str:
    """Return whether a line of the table is about the trait or the skill."""
    return TRAIT if one.what == one.taught_by else SKILL


def _panel(report: DistillationReport, carrier: str, domain: list[float], width: int, *, is_last: bool) -> Figure:
    rows: Rows = [
        {"teacher": one.taught_by, "what": kind_of(one), **spanned(one.share)}
        for one in report.table
        if one.carrier == carrier and one.share
    ]
    axis = alt.Axis(format=".0%", tickCount=5) if is_last else alt.Axis(format=".0%", tickCount=5, labels=False)
    scale = alt.Scale(domain=domain, nice=False)
    x = alt.X("value:Q", title="Share inherited" if is_last else None, scale=scale, axis=axis)
    y = alt.Y("teacher:N", title=None, sort=list(report.spec.traits), scale=alt.Scale(paddingInner=0.25))
    offset = alt.YOffset("what:N", sort=[TRAIT, SKILL])
    colour = alt.Color(
        "what:N",
        scale=alt.Scale(domain=[TRAIT, SKILL], range=[COLOURS["plain"], COLOURS["kept"]]),
        legend=alt.Legend(title=None, orient="top") if carrier == report.spec.carriers[0] else None,
    )
    shape = alt.Shape("what:N", scale=alt.Scale(domain=[TRAIT, SKILL], range=["circle", "square"]), legend=None)
    height = STEP * len(report.spec.traits)
    base = alt.Chart(data(rows), width=width, height=height)
    bars = base.mark_rule(strokeWidth=2.5).encode(x=x, x2="high:Q", y=y, yOffset=offset, color=colour)
    bars = bars.transform_calculate(value="datum.low")
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(x=x, y=y, yOffset=offset, color=colour, shape=shape)
    marks = [
        alt.Chart(data([{"x": at}])).mark_rule(color=ink, strokeDash=dash).encode(x=alt.X("x:Q", scale=scale))
        for at, ink, dash in ((0.0, INK, [1, 0]), (1.0, QUIET, [4, 3]))
    ]
    panel: Figure = alt.layer(*marks, bars, dots).properties(title=f"Taught on {carrier.replace('-', ' ')}")
    return panel
