"""A distillation in words."""

from __future__ import annotations

from heredity.records.distillation import Contrast, DistillationReport, Inherited


def told(report: DistillationReport) -> str:
    """Return what a person wants to know of a distillation."""
    lines = [
        report.verdict,
        *(f"  {one}" for one in report.findings),
        "  points of 100, students (their teachers): less the base; the control's less the base; the difference",
    ]
    lines += [f"  {line_of(inherited)}" for inherited in report.table]
    return "\n".join([*lines, *(f"  {line}" for line in report.notices)])


def line_of(inherited: Inherited) -> str:
    """Return one line of the table."""
    contrasts = "; ".join(
        moved(contrast) for contrast in (inherited.base, inherited.control_base, inherited.difference)
    )
    p = "" if inherited.p_adjusted is None else f" (p {inherited.p_adjusted:.3f})"
    whose = f"{inherited.carrier:<15} teacher of {inherited.taught_by:<13} {inherited.what:<13}"
    return f"{whose} {contrasts}: {inherited.outcome}{p}"


def moved(contrast: Contrast) -> str:
    """Return how far students moved, and their teachers, in points of 100."""
    students = contrast.students.in_points if contrast.students else "no interval"
    unscored = f", {contrast.students.unscored} unscored" if contrast.students and contrast.students.unscored else ""
    return f"{students}{unscored} ({f'{100 * contrast.teachers.value:+.0f}' if contrast.teachers else 'ungraded'})"
