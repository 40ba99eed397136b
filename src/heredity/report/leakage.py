"""The door of leakage: from one report of vectors tried on each other's traits to a page on disk."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from heredity.ground.files import write_text
from heredity.records.leakage import LeakageReport
from heredity.report import tint, transfer
from heredity.report.page import require_figures
from heredity.report.template import rendered


def write_leakage(report: LeakageReport, folder: Path) -> Path:
    """Write `folder/leakage.html`, whole or not at all; return its path.

    Raises MissingExtraError where altair or vl-convert is not installed, StorageError where the folder cannot be
    written.
    """
    return write_text(folder / "leakage.html", render_leakage(report))


def render_leakage(report: LeakageReport) -> str:
    """Return the page as HTML. Raises MissingExtraError where figures cannot be drawn."""
    require_figures()
    from heredity.report.figures import as_svg
    from heredity.report.rivals import rivals_figure

    found = transfer.rivalries(report)
    return rendered(
        "leakage.html.jinja",
        report=report,
        found=found,
        rivals=Markup(as_svg(rivals_figure(found))) if found else None,
        transfer=transfer,
        tint=tint,
    )
