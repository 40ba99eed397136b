"""An audit in words."""

from __future__ import annotations

from heredity.records.audit import AuditReport


def told(report: AuditReport) -> str:
    """Return the verdict, then one line a finding."""
    return "\n".join([f"\n{report.verdict}\n", *(f"  - {finding}" for finding in report.findings)])
