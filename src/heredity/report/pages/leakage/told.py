"""Leakage in words."""

from __future__ import annotations

from heredity.records.leakage import LeakageReport


def told(report: LeakageReport) -> str:
    """Return for each trait its own AUC beside the best other vector's."""
    lines = ["which vector finds which trait (AUC; luck at 97.5%):"]
    for i, name in enumerate(report.traits):
        others = [(report.auc[i][j].value, j) for j in range(len(report.traits)) if j != i]
        value, j = max(others)
        own = f"  orthogonalised {report.orthogonal_auc[i]}" if report.orthogonal_auc[i] else ""
        lines.append(
            f"  {name:<14} own {report.auc[i][i]}   best other: {report.traits[j]} {value:.2f} "
            f"(luck {report.auc_null[i][j]:.2f}){own}"
        )
    return "\n".join(lines)
