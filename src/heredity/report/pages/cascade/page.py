"""The page of a cascade."""

from __future__ import annotations

from heredity.records.cascade import CascadeReport
from heredity.report.kit.asked import parts
from heredity.report.kit.measures import wording
from heredity.report.kit.sizes import twice
from heredity.report.kit.template import Files, rendered
from heredity.report.pages.cascade import words
from heredity.report.pages.cascade.figures import ability_figure, course_figure


def files(report: CascadeReport) -> Files:
    """Return the page's files."""
    return {"cascade.html": html(report)}


def html(report: CascadeReport) -> str:
    """Return the page as HTML."""
    return rendered(
        "pages/cascade/page.html.jinja",
        report=report,
        words=wording(report),
        replies=words.replies(report),
        course=twice(course_figure, report),
        ability=twice(ability_figure, report),
        parts=parts(report),
        said=words,
    )
