"""The figure of a finetuning shift."""

from __future__ import annotations

from heredity.records.monitor import ShiftReport
from heredity.report.kit.draw import drawn
from heredity.report.kit.template import Files
from heredity.report.pages.shift.figures import shift_figure


def files(report: ShiftReport) -> Files:
    """Return the figure as SVG and PNG."""
    drawing = drawn(f"shift-{report.trait}", shift_figure(report))
    return {f"{drawing.name}.svg": drawing.svg, f"{drawing.name}.png": drawing.png}
