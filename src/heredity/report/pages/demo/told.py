"""The demonstration, in words."""

from __future__ import annotations

from heredity.records.demo import DemoReport


def told(report: DemoReport) -> str:
    """Return how far it has come; each act was told when it was done."""
    if report.to_come:
        return f"{len(report.acts)} acts are done; still to come: {', '.join(report.to_come)}"
    return f"\nAll {len(report.acts)} acts on one page, each with a page of its own"
