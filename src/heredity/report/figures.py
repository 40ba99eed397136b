"""The report's figures: a table of them, and how one is drawn."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

from heredity.records.audit import AuditReport
from heredity.report.arms import capability_figure, expression_figure, loss_figure
from heredity.report.evidence import auc_figure, dose_figure
from heredity.report.scores import scores_figure
from heredity.report.theme import Figure, styled

FIGURES: dict[str, Callable[[AuditReport], Figure]] = {
    "expression": expression_figure,
    "capability": capability_figure,
    "scores": scores_figure,
    "auc": auc_figure,
    "dose": dose_figure,
    "loss": loss_figure,
}
"""Every figure by the name of its files."""

PIXELS_PER_POINT = 2
"""Of the PNG: sharp on paper and on dense screens."""


@dataclass(frozen=True)
class Drawing:
    """One figure, drawn."""

    name: str
    svg: str
    png: bytes


def draw(report: AuditReport) -> tuple[Drawing, ...]:
    """Return every figure as SVG and PNG; nothing is asked of the network."""
    return tuple(drawn(name, figure(report)) for name, figure in FIGURES.items())


def drawn(name: str, chart: Figure) -> Drawing:
    """Return one figure in the house's dress, as SVG and PNG."""
    png = io.BytesIO()
    styled(chart).save(png, format="png", scale_factor=PIXELS_PER_POINT)
    return Drawing(name, as_svg(chart), png.getvalue())


def as_svg(chart: Figure) -> str:
    """Return one figure in the house's dress as SVG."""
    svg = io.StringIO()
    styled(chart).save(svg, format="svg")
    return svg.getvalue()
