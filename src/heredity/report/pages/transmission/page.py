"""The page of a transmission study."""

from __future__ import annotations

from heredity.records.transmission import TransmissionReport
from heredity.report.kit import tint
from heredity.report.kit.asked import parts
from heredity.report.kit.measures import teacher_name, wording
from heredity.report.kit.sizes import twice
from heredity.report.kit.template import Files, rendered
from heredity.report.pages.transmission import tables, words
from heredity.report.pages.transmission.figures import dose_figure, pairs_figure


def files(report: TransmissionReport) -> Files:
    """Return the page's files."""
    return {"transmission.html": html(report)}


def html(report: TransmissionReport) -> str:
    """Return the page as HTML."""
    lines = tables.student_lines(report)
    return rendered(
        "pages/transmission/page.html.jinja",
        report=report,
        words=wording(report),
        lines=lines,
        columns=tables.columns_of(lines),
        replies=words.replies(report),
        dose=twice(dose_figure, report),
        paired=twice(pairs_figure, report),
        parts=parts(report),
        teacher_name=teacher_name,
        said=words,
        tables=tables,
        tint=tint,
    )
