"""The summary of a gate, for the log of a check; the scan has the page."""

from __future__ import annotations

from heredity.records.gate import GateReport
from heredity.report.kit.template import Files
from heredity.report.pages.gate.told import markdown


def files(report: GateReport) -> Files:
    """Return the summary."""
    return {"gate.md": markdown(report)}
