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
    lines += [f"  {line_of(one)}" for one in report.table]
    return "\n".join([*lines, *(f"  {line}" for line in report.notices)])


def line_of(one: Inherited) -> str:
    """Return one line of the table."""
    contrasts = "; ".join(moved(contrast) for contrast in (one.base, one.control_base, one.difference))
    p = "" if one.p_adjusted is None else f" (p {one.p_adjusted:.3f})"
    return f"{one.carrier:<15} teacher of {one.taught_by:<13} {one.what:<13} {contrasts}: {one.outcome}{p}"


def moved(contrast: Contrast) -> str:
    """Return how far students moved, and their teachers, in points of 100."""
    students = contrast.students.in_points if contrast.students else "no interval"
    unscored = f", {contrast.students.unscored} unscored" if contrast.students and contrast.students.unscored else ""
    return f"{students}{unscored} ({f'{100 * contrast.teachers.value:+.0f}' if contrast.teachers else 'ungraded'})"
