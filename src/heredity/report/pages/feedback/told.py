"""A study of preferences in words."""

from __future__ import annotations

from heredity.records.feedback import FeedbackReport
from heredity.report.kit.text import by_reason


def told(report: FeedbackReport) -> str:
    """Return the verdict, then one line a finding, and what was left out."""
    lines = [f"\n{report.verdict}\n", f"  {read(report)}"]
    lines += [f"  - {finding}" for finding in report.findings]
    lines += [f"  left out: {reason}: {n:,}" for reason, n in by_reason(report.excluded)]
    return "\n".join([*lines, *(f"  {line}" for line in report.notices)])


def read(report: FeedbackReport) -> str:
    """Return what the study rests on."""
    trained = report.arm("trained")
    n_steps = trained.student.n_steps if trained.student else 0
    runs = "1 student" if report.n_runs == 1 else f"{report.n_runs} students"
    of = f" of {report.n_pairs:,}" if trained.n_rows < report.n_pairs else ""
    return f"{trained.n_rows:,} pairs{of}, {n_steps} steps of DPO (beta {report.spec.beta:g}), {runs} of each arm"
