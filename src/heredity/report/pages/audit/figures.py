"""The audit's figures: a table of them."""

from __future__ import annotations

from collections.abc import Callable

from heredity.records.audit import AuditReport
from heredity.report.kit.draw import Drawing, drawn
from heredity.report.kit.theme import Figure
from heredity.report.pages.audit.arms import capability_figure, expression_figure, loss_figure
from heredity.report.pages.audit.screen import scores_figure
from heredity.report.pages.audit.vector import auc_figure, dose_figure

FIGURES: dict[str, Callable[[AuditReport], Figure]] = {
    "expression": expression_figure,
    "capability": capability_figure,
    "scores": scores_figure,
    "auc": auc_figure,
    "dose": dose_figure,
    "loss": loss_figure,
}
"""Every figure by the name of its files."""


def draw(report: AuditReport) -> tuple[Drawing, ...]:
    """Return every figure as SVG and PNG; nothing is asked of the network."""
    return tuple(drawn(name, figure(report)) for name, figure in FIGURES.items())
