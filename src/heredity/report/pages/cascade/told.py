"""A cascade in words."""

from __future__ import annotations

from heredity.records.cascade import CascadeReport


def told(report: CascadeReport) -> str:
    """Return what a person wants to know of a cascade."""
    lines = [report.verdict]
    for number, (effect, level) in enumerate(zip(report.effects, report.levels, strict=True)):
        who = "teachers" if number == 0 else f"generation {number}"
        lines.append(f"  {who:<14} score of {report.target}, treated - control {effect}; level {level}")
    return "\n".join(lines)
