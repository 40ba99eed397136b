"""The figure of a distillation: how far the trait and the skill moved, carrier by carrier."""

from __future__ import annotations

import altair as alt

from heredity.records.distillation import DistillationReport, Inherited
from heredity.report.theme import COLOURS, INK, Figure, Rows, data, notice, padded, spanned

TRAIT, SKILL = "trait", "skill"
STEP = 46
"""Points of height of one teacher's two marks."""
WIDE, NARROW = 420, 190


def moved_figure(report: DistillationReport, *, is_narrow: bool = False) -> Figure:
    """Return one panel a carrier: how far each teacher's students moved from the control's, and their teachers too."""
    spans = [(moved.low, moved.high) for one in report.table if (moved := one.control.students)]
    if not spans:
        return notice("One student of each teacher: nothing has an interval.")
    taught = [one.control.teachers for one in report.table if one.control.teachers is not None]
    ends = [0.0, *(100 * end for span in [*spans, taught] for end in span)]
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
        {
            "teacher": one.taught_by,
            "what": kind_of(one),
            **{name: 100 * value for name, value in spanned(one.control.students).items()},
            "taught": None if one.control.teachers is None else 100 * one.control.teachers,
        }
        for one in report.table
        if one.carrier == carrier and one.control.students
    ]
    axis = alt.Axis(format="+.0f", tickCount=5) if is_last else alt.Axis(tickCount=5, labels=False)
    scale = alt.Scale(domain=domain, nice=False)
    x = alt.X("value:Q", title="Points of 100, less the control" if is_last else None, scale=scale, axis=axis)
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
    ticks = base.mark_tick(thickness=2, size=16, opacity=0.75).encode(
        x=alt.X("taught:Q", scale=scale), y=y, yOffset=offset, color=colour
    )
    zero = alt.Chart(data([{"x": 0.0}])).mark_rule(color=INK).encode(x=alt.X("x:Q", scale=scale))
    panel: Figure = alt.layer(zero, ticks, bars, dots).properties(title=f"Taught on {carrier.replace('-', ' ')}")
    return panel
