"""The figure of a distillation: how far trait and skill moved from the base, and the trait in its opposite's hands."""

from __future__ import annotations

import altair as alt

from heredity.records.distillation import Contrast, DistillationReport
from heredity.report.kit.theme import COLOURS, INK, Figure, Rows, data, notice, padded, spanned

TRAIT, OPPOSITE, SKILL = "trait", "trait, its opposite's students", "skill"
KINDS = (TRAIT, OPPOSITE, SKILL)
STEP = 62
"""Points of height of one teacher's three marks."""
WIDE, NARROW = 420, 190


def moved_figure(report: DistillationReport, *, is_narrow: bool = False) -> Figure:
    """Return one panel a carrier: how far students moved from the base, and their teachers too."""
    shown = [contrast for _, _, _, contrast in marks(report)]
    spans = [(moved.low, moved.high) for one in shown if (moved := one.students)]
    if not spans:
        return notice("One student of each teacher: nothing has an interval.")
    taught = [one.teachers.value for one in shown if one.teachers]
    domain = padded([0.0, *(100 * end for span in [*spans, taught] for end in span)], 0.05)
    panels = [
        _panel(report, carrier, domain, NARROW if is_narrow else WIDE, is_last=carrier == report.spec.carriers[-1])
        for carrier in report.spec.carriers
    ]
    drawn: Figure = alt.vconcat(*panels, spacing=14)
    return drawn


def marks(report: DistillationReport) -> list[tuple[str, str, str, Contrast]]:
    """Return what is drawn: carrier, trait, kind of mark, and students less the base."""
    lines = zip(report.table[::2], report.table[1::2], strict=True)
    return [
        (trait.carrier, trait.taught_by, kind, contrast)
        for trait, skill in lines
        for kind, contrast in zip(KINDS, (trait.base, trait.control_base, skill.base), strict=True)
    ]


def _panel(report: DistillationReport, carrier: str, domain: list[float], width: int, *, is_last: bool) -> Figure:
    rows: Rows = [
        {
            "teacher": teacher,
            "what": kind,
            **{name: 100 * value for name, value in spanned(contrast.students).items()},
            "taught": 100 * contrast.teachers.value if contrast.teachers else None,
        }
        for place, teacher, kind, contrast in marks(report)
        if place == carrier and contrast.students
    ]
    axis = alt.Axis(format="+.0f", tickCount=5) if is_last else alt.Axis(tickCount=5, labels=False)
    scale = alt.Scale(domain=domain, nice=False)
    x = alt.X("value:Q", title="Points of 100, less the base" if is_last else None, scale=scale, axis=axis)
    y = alt.Y("teacher:N", title=None, sort=list(report.traits), scale=alt.Scale(paddingInner=0.25))
    offset = alt.YOffset("what:N", sort=list(KINDS))
    colour = alt.Color(
        "what:N",
        scale=alt.Scale(domain=list(KINDS), range=[COLOURS[one] for one in ("trait", "opposite", "skill")]),
        legend=alt.Legend(title=None, orient="top", columns=1, labelLimit=0)
        if carrier == report.spec.carriers[0]
        else None,
    )
    shape = alt.Shape("what:N", scale=alt.Scale(domain=list(KINDS), range=["circle", "diamond", "square"]), legend=None)
    height = STEP * len(report.traits)
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
