"""Figures of the vector: how well it tells answers apart, and what steering along it does."""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt

from heredity.records.audit import AuditReport
from heredity.records.vector import Dose
from heredity.report.kit.theme import COLOURS, INK, MUTED, QUIET, Figure, Rows, data, notice, padded, spanned, spread

AUC_SERIES = {
    "auc": ("Without system prompt", COLOURS["own vector"]),
    "auc_projection": ("Projection alone", "#6c7a89"),
    "auc_own_prompt": ("Under own prompt", "#a8497e"),
    "random_directions": ("Random directions, 97.5%", MUTED),
    "permuted_poles": ("Permuted poles, 97.5%", "#8a6d1f"),
}
"""Title and colour of each line and band of the AUC figure, by field of a BlockCheck."""


def auc_figure(report: AuditReport) -> Figure:
    """Return the held-out AUC of every block, read both ways, over the bands of its two nulls."""
    checks, width = report.vector.checks, 430
    series = {field: [float(getattr(check, field)) for check in checks] for field in AUC_SERIES}
    lowest = min(0.45, *(value for values in series.values() for value in values))
    domain = [math.floor(lowest * 20) / 20, 1.0]
    rows = [
        {"block": check.block, "half": 0.5, **{field: values[i] for field, values in series.items()}}
        for i, check in enumerate(checks)
    ]
    base = alt.Chart(data(rows), width=width, height=260).encode(x=_blocks([check.block for check in checks]))

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", title="Held-out AUC", scale=alt.Scale(domain=domain, nice=False))

    def band(field: str) -> Figure:
        area: Figure = base.mark_area(opacity=0.22, color=AUC_SERIES[field][1]).encode(y=y(field), y2="half:Q")
        return area

    def line(field: str) -> Figure:
        colour = AUC_SERIES[field][1]
        curve: Figure = base.mark_line(strokeWidth=2.5, color=colour, point={"size": 22, "color": colour})
        return curve.encode(y=y(field))

    return alt.layer(
        band("random_directions"),
        band("permuted_poles"),
        alt.Chart(data([{"half": 0.5}])).mark_rule(color=QUIET).encode(y=y("half")),
        *_chosen(report.vector.block),
        line("auc_projection"),
        line("auc_own_prompt"),
        line("auc"),
        *_beside({field: values[-1] for field, values in series.items()}, 0.062 * (domain[1] - domain[0]), width),
    )


def dose_figure(report: AuditReport) -> Figure:
    """Return what steering does, by strength: the grade of the answers, and how coherent they stay."""
    doses = report.vector.doses
    if not doses:
        return notice("No dose-response was measured.")
    grades = [{"strength": dose.strength, **spanned(dose.grade)} for dose in doses]
    coherence = [{"strength": dose.strength, **spanned(dose.coherence)} for dose in doses]
    fluent = padded([row[end] for row in coherence for end in ("low", "high")])
    return alt.hconcat(
        _curve(grades, doses, "Grade, 0 to 100", [0, 100], COLOURS["grade"]),
        _curve(coherence, doses, "Coherence, nats per token", fluent, COLOURS["coherence"]),
    )


def _blocks(blocks: Sequence[int]) -> alt.X:
    first, last = min(blocks), max(blocks)
    domain = [first, last] if last > first else [first - 1, last + 1]
    axis = alt.Axis(grid=False, tickMinStep=1, format="d")
    return alt.X("block:Q", title="Decoder block (0-based)", scale=alt.Scale(domain=domain, nice=False), axis=axis)


def _chosen(block: int) -> tuple[alt.Chart, alt.Chart]:
    chosen = alt.Chart(data([{"block": block, "label": f"chosen: block {block}"}]))
    return (
        chosen.mark_rule(color=INK, strokeWidth=1.5, strokeDash=[4, 3]).encode(x="block:Q"),
        chosen.mark_text(dy=-9, fontSize=12, color=INK).encode(x="block:Q", y=alt.value(0), text="label:N"),
    )


def _beside(ends: dict[str, float], gap: float, x: float) -> list[alt.Chart]:
    """Return the names of the series at the right of their ends."""
    heights = spread(list(ends.values()), gap)
    return [
        alt.Chart(data([{"label": AUC_SERIES[field][0], "height": height}]))
        .mark_text(align="left", dx=10, fontSize=12, color=AUC_SERIES[field][1], fontWeight="bold")
        .encode(x=alt.value(x), y="height:Q", text="label:N")
        for field, height in zip(ends, heights, strict=True)
    ]


def _curve(rows: Rows, doses: Sequence[Dose], title: str, domain: list[float], colour: str) -> Figure:
    strengths = [dose.strength for dose in doses]
    base = alt.Chart(data(rows), width=250, height=200).encode(
        x=alt.X(
            "strength:Q",
            title="Strength (multiple of the vector)",
            scale=alt.Scale(domain=padded(strengths, 0.1), nice=False),
            axis=alt.Axis(values=strengths, grid=False, format="~g"),
        )
    )
    scale = alt.Scale(domain=domain, nice=False)
    above = alt.Axis(tickCount=5, titleAngle=0, titleAlign="left", titleX=-36, titleY=-18, titleFontWeight="bold")
    y = alt.Y("value:Q", title=title, scale=scale, axis=above)
    return alt.layer(
        base.mark_line(color=colour, strokeWidth=1.5, opacity=0.5).encode(y=y),
        base.mark_rule(color=colour, strokeWidth=3).encode(y=alt.Y("low:Q", title=title, scale=scale), y2="high:Q"),
        base.mark_circle(color=colour, size=120, opacity=1).encode(y=y),
    )
