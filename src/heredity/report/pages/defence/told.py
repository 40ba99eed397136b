"""One defended beside one plain fine-tune, in words."""

from __future__ import annotations

from heredity.records.defence import DefenceReport


def told(report: DefenceReport) -> str:
    """Return the verdict and the three levels that it rests on."""
    lines = [
        report.verdict,
        f"  base model         {report.base:.1f}",
        f"  plain fine-tune    {report.plain.level:.1f}",
        f"  defended           {report.defended.level:.1f}, against the base {report.left:+.1f}",
    ]
    return "\n".join([*lines, *(f"  {line}" for line in report.notices)])
