"""What a gate says, for a terminal and for the log of a check."""

from __future__ import annotations

from heredity.records.gate import GateReport, Ruling
from heredity.report.kit.scanned import read

MARKS = {"pass": "pass", "fail": "FAIL", "undecided": "undecided"}


def told(report: GateReport) -> str:
    """Return the verdict and every ruling."""
    width = max(len(ruling.about) for ruling in report.rulings)
    lines = [f"  {MARKS[one.outcome]:<9}  {one.about:<{width}}  {measured(one)}; {one.why}" for one in report.rulings]
    return "\n".join([report.verdict, *lines, f"  {read(report.scan)}"])


def measured(ruling: Ruling) -> str:
    """Return what was found beside the limit, and how many rows would decide it."""
    needed = f", about {ruling.rows_needed:,} rows would decide" if ruling.rows_needed else ""
    if ruling.found is None:
        return f"not measured, limit {ruling.limit:g}"
    return f"{ruling.found.value:+.2f} {ruling.found.interval('+.2f')}, limit {ruling.limit:g}{needed}"


def markdown(report: GateReport) -> str:
    """Return the same as Markdown."""
    lines = [
        f"## {report.verdict}",
        "",
        "| | limit of | limit | found | why |",
        "|---|---|---|---|---|",
    ]
    for one in report.rulings:
        found = "-" if one.found is None else f"{one.found.value:+.2f} {one.found.interval('+.2f')}"
        needed = f"; about {one.rows_needed:,} rows would decide" if one.rows_needed else ""
        why = " ".join(one.why.split()).replace("|", "\\|")
        lines.append(f"| {MARKS[one.outcome]} | {one.about} | {one.limit:g} | {found} | {why}{needed} |")
    corpus = report.scan.corpus.replace("`", "'")
    return "\n".join([*lines, "", f"`{corpus}`, model {report.scan.model}: {read(report.scan)}.", ""])
