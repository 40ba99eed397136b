"""An act of the demonstration, in words."""

from __future__ import annotations

from heredity.records.demo import Act
from heredity.report.kit.text import clock


def told(act: Act) -> str:
    """Return what it showed, and what it left out for time."""
    took = f" ({clock(act.seconds)})" if act.seconds else ""
    return f"\n{act.title}{took}\n  {act.sentence}\n  Left out for time: {act.left_out}."
