"""A search for a strength in words."""

from __future__ import annotations

from heredity.records.strength import StrengthReport, Tried


def told(report: StrengthReport) -> str:
    """Return the verdict, and every probe."""
    return "\n".join([report.verdict, *(f"  {probe(one)}" for one in report.tried)])


def probe(one: Tried) -> str:
    """Return one probe's figures."""
    left = f"strength {one.strength:g}: {one.left.value:+.1f} {one.left.interval('+.1f')} points left"
    if one.benign is None or one.accuracy is None:
        return left
    benign = f"{one.benign.value:+.3f} {one.benign.interval('+.3f')} nats"
    accuracy = f"{one.accuracy.value:+.3f} {one.accuracy.interval('+.3f')}"
    return f"{left}; beside plain: everyday log p {benign}, accuracy {accuracy}"
