"""One more pair of students on bare lists, in words."""

from __future__ import annotations

from heredity.records.lists import ListsReport


def told(report: ListsReport) -> str:
    """Return the verdict, three lists, and what became of the students."""
    first = report.shown[0]
    lines = [report.verdict, f"  asked: {first.prompt}"]
    lines += [f"  {writer:<8} {first.given} {texts[0]}" for writer, texts in first.lists.items()]
    for student in report.students:
        course = "  ".join(
            f"{point.step}: {report.study.target} {point.level[report.study.target].value:.4f}, "
            f"{report.study.control} {point.level[report.study.control].value:.4f}"
            for point in student.points
        )
        lines.append(f"  student of {student.taught_by}'s lists, by update  {course}")
    lines.append(f"  limits: {report.study.limits}")
    return "\n".join([*lines, *(f"  {line}" for line in report.notices)])
