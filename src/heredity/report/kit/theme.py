"""How every figure looks: one set of fonts, and the few marks that figures share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import altair as alt

from heredity.report.kit.hues import COLOURS as COLOURS
from heredity.stats.estimate import Estimate

Figure: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart | alt.ConcatChart | alt.HConcatChart | alt.VConcatChart
Rows: TypeAlias = list[dict[str, Any]]

INK = "#1f2933"
MUTED = "#52606d"
GRID = "#e4e7eb"
QUIET = "#9aa5b1"
FONT = "Helvetica Neue, Helvetica, Arial, sans-serif"
PADDING = {"left": 12, "top": 12, "right": 40, "bottom": 12}
"""In points; wide on the right, where names stand, for readers whose sans-serif is wider than the one measured with."""


def styled(chart: Figure) -> Figure:
    """Return the chart in the house's dress."""
    dressed: Figure = (
        chart.configure(background="#ffffff", font=FONT, padding=PADDING)
        .configure_view(stroke=None)
        .configure_axis(
            domainColor=QUIET,
            gridColor=GRID,
            labelFlush=False,
            labelColor=MUTED,
            labelFontSize=12,
            labelLimit=220,
            tickColor=QUIET,
            titleColor=INK,
            titleFontSize=12,
            titleFontWeight="normal",
            titlePadding=10,
        )
        .configure_axisY(grid=True)
        .configure_title(
            anchor="start",
            frame="group",
            color=INK,
            fontSize=13,
            fontWeight="bold",
            offset=10,
            subtitleColor=MUTED,
            subtitleFontSize=12,
        )
        .configure_concat(spacing=28)
    )
    return dressed


def data(rows: Rows) -> alt.InlineData:
    """Return rows as inline data; fields need their types spelled out."""
    return alt.InlineData(values=rows)


def spanned(estimate: Estimate) -> dict[str, float]:
    """Return an estimate as the fields `value`, `low` and `high`."""
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def padded(values: Sequence[float], share: float = 0.15) -> list[float]:
    """Return a domain that holds the values with a margin on either side."""
    low, high = min(values), max(values)
    margin = share * (high - low) or 0.5
    return [low - margin, high + margin]


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Return the heights moved apart, in their order, until no two are nearer than `gap`.

    Each label ends as near its own height as the others let it: overlapping ones share the room evenly.
    """
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    groups: list[list[int]] = []
    for index in order:
        groups.append([index])
        while len(groups) > 1 and _bottom(groups[-1], heights, gap) < _top(groups[-2], heights, gap) + gap:
            groups[-2:] = [groups[-2] + groups[-1]]
    moved = list(heights)
    for group in groups:
        start = _bottom(group, heights, gap)
        for step, index in enumerate(group):
            moved[index] = start + step * gap
    return moved


def notice(text: str) -> Figure:
    """Return a figure that says why there is nothing to see."""
    said = alt.Chart(data([{"text": text}]), width=560, height=60)
    drawn: Figure = said.mark_text(fontSize=13, color=MUTED).encode(text="text:N", x=alt.value(280), y=alt.value(30))
    return drawn


def _bottom(group: list[int], heights: Sequence[float], gap: float) -> float:
    return sum(heights[i] for i in group) / len(group) - gap * (len(group) - 1) / 2


def _top(group: list[int], heights: Sequence[float], gap: float) -> float:
    return _bottom(group, heights, gap) + gap * (len(group) - 1)
