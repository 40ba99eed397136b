"""The page of the whole demonstration: every act's sentence, and the way to its own page."""

from __future__ import annotations

from heredity.records.demo import DemoReport
from heredity.report.kit.template import Files, rendered


def files(report: DemoReport) -> Files:
    """Return the page."""
    return {"index.html": rendered("pages/demo/page.html.jinja", report=report)}
