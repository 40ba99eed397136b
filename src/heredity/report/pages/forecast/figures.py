"""The figure of a forecast: what the rows' push does to the trait, beside random pushes of its length."""

from __future__ import annotations

from heredity.records.forecast import ForecastReport
from heredity.report.kit.spans import Span, Wording, spans_figure
from heredity.report.kit.theme import Figure


def pushes_figure(report: ForecastReport, *, is_narrow: bool = False) -> Figure:
    """Return the change of the trait under every push, with its interval."""
    random = [Span(f"random direction {place}", one, False) for place, one in enumerate(report.controls, start=1)]
    wording = Wording(
        axis=f"Points of {report.trait} (of 100), less the model without a push",
        narrow_axis="Points",
        title="What the model shows when it is pushed along ...",
        narrow_title="Pushed along",
    )
    return spans_figure([Span("the rows", report.change, True), *random], wording, is_narrow=is_narrow)
