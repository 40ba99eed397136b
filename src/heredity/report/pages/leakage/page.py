"""The page of leakage: vectors tried on each other's traits."""

from __future__ import annotations

from heredity.records.leakage import LeakageReport
from heredity.report.kit import tint
from heredity.report.kit.draw import inline
from heredity.report.kit.template import Files, rendered
from heredity.report.pages.leakage import tables
from heredity.report.pages.leakage.figures import rivals_figure


def files(report: LeakageReport) -> Files:
    """Return the page's files."""
    return {"leakage.html": html(report)}


def html(report: LeakageReport) -> str:
    """Return the page as HTML."""
    found = tables.rivalries(report)
    return rendered(
        "pages/leakage/page.html.jinja",
        report=report,
        found=found,
        rivals=inline(rivals_figure(found)) if found else None,
        tables=tables,
        tint=tint,
    )
