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
    lines += [f"  {sentence}" for sentence in expectation(report)]
    lines += [f"  line {row.line:>6}  {row.over:+8.2f}  {row.response[:90]!r}" for row in report.worst_flagged[:N_TOP]]
    lines += [f"  {n} rows not screened: {reason}" for reason, n in by_reason(report.excluded)]
    lines += [f"  {line}" for line in report.notices]
    return "\n".join(lines)


def expectation(report: ScreenReport) -> list[str]:
    """Return how far the rows lie from benign ones, whole, kept, and cut down at random."""
    expected = report.expected
    if expected is None or expected.every is None or expected.kept is None:
        return []
    parts = {"all rows": expected.every, "the kept ones": expected.kept, "as many at random": expected.at_random}
    said = "; ".join(f"{name} {part.value:+.2f} {part.interval('+.2f')}" for name, part in parts.items() if part)
    return [f"from benign rows, as shares of the distance between the poles: {said}"]
