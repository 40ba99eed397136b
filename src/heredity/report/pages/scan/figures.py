"""The figure of a scan: how far the rows lie along every trait."""

from __future__ import annotations

from heredity.records.scan import ScanReport
from heredity.report.kit.spans import Span, Wording, spans_figure
from heredity.report.kit.theme import Figure

WORDING = Wording(
    axis="Shift (share of the distance between the poles)",
    narrow_axis="Shift",
    title="What the rows hold, beside the model's own answers",
    narrow_title="Beside the model's own answers",
    legend=("shown", "not shown"),
)


def shifts_figure(report: ScanReport, *, is_narrow: bool = False) -> Figure:
    """Return every trait's shift with its interval, the shown ones in colour."""
    spans = [Span(trait.trait, trait.shift, trait in report.shown) for trait in report.traits]
    return spans_figure(spans, WORDING, is_narrow=is_narrow)
