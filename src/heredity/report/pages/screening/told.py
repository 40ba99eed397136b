"""A screen in words."""

from __future__ import annotations

from heredity.records.screening import ScreenReport
from heredity.report.kit.flags import basis_of
from heredity.report.kit.text import by_reason

N_TOP = 5


def told(report: ScreenReport) -> str:
    """Return what a person wants to know of a screen."""
    lines = [f"{report.n_flagged} of {report.n_rows} rows flagged for {report.trait} (share {report.share_flagged})"]
    lines += [f"  {sentence}" for sentence in basis_of(report)]
    lines += [f"  line {row.line:>6}  {row.over:+8.2f}  {row.response[:90]!r}" for row in report.worst_flagged[:N_TOP]]
    lines += [f"  {n} rows not screened: {reason}" for reason, n in by_reason(report.excluded)]
    lines += [f"  {line}" for line in report.notices]
    return "\n".join(lines)
