"""How rows were read by a scan, in words; a gate rests on one."""

from __future__ import annotations

from heredity.records.scan import ScanReport


def read(report: ScanReport) -> str:
    """Return how many rows were read, and that nothing was trained."""
    of = f" of {report.n_rows:,}, drawn alike" if report.n_read < report.n_rows else ""
    return (
        f"{report.n_read:,} rows{of}, the first {report.spec.n_tokens} tokens of each answer; read off activations, "
        "nothing was trained"
    )
