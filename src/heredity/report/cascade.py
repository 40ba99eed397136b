"""The door of a cascade: from one report of a trait down the generations to a page on disk."""

from __future__ import annotations

from pathlib import Path

from heredity.ground.files import write_text
from heredity.records.cascade import CascadeReport
from heredity.report import crossing, lineages, taught
from heredity.report.page import require_figures
from heredity.report.template import rendered


def write_cascade(report: CascadeReport, folder: Path) -> Path:
    """Write `folder/cascade.html`, whole or not at all; return its path.

    Raises MissingExtraError where altair or vl-convert is not installed, StorageError where the folder cannot be
    written.
    """
    return write_text(folder / "cascade.html", render_cascade(report))


def render_cascade(report: CascadeReport) -> str:
    """Return the page as HTML. Raises MissingExtraError where figures cannot be drawn."""
    require_figures()
    from heredity.report.generations import ability_figure, course_figure
    from heredity.report.sizes import twice

    return rendered(
        "cascade.html.jinja",
        report=report,
        words=crossing.wording(report),
        replies=lineages.replies(report),
        course=twice(course_figure, report),
        ability=twice(ability_figure, report),
        crossing=crossing,
        lineages=lineages,
        taught=taught,
    )
