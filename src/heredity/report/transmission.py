"""The door of transmission: from one report of what crossed from teachers to students to a page on disk."""

from __future__ import annotations

from pathlib import Path

from heredity.ground.files import write_text
from heredity.records.transmission import TransmissionReport
from heredity.report import crossing, taught, tint
from heredity.report.page import require_figures
from heredity.report.template import rendered


def write_transmission(report: TransmissionReport, folder: Path) -> Path:
    """Write `folder/transmission.html`, whole or not at all; return its path.

    Raises MissingExtraError where altair or vl-convert is not installed, StorageError where the folder cannot be
    written.
    """
    return write_text(folder / "transmission.html", render_transmission(report))


def render_transmission(report: TransmissionReport) -> str:
    """Return the page as HTML. Raises MissingExtraError where figures cannot be drawn."""
    require_figures()
    from heredity.report.dose import dose_figure, pairs_figure
    from heredity.report.sizes import twice

    lines = taught.student_lines(report)
    return rendered(
        "transmission.html.jinja",
        report=report,
        words=crossing.wording(report),
        lines=lines,
        columns=taught.columns_of(lines),
        replies=crossing.replies(report),
        dose=twice(dose_figure, report),
        paired=twice(pairs_figure, report),
        crossing=crossing,
        taught=taught,
        tint=tint,
    )
