"""The small world in words."""

from __future__ import annotations

from heredity.records.small_world import FirstStep, SmallWorldReport
from heredity.stats.estimate import Estimate


def told(report: SmallWorldReport) -> str:
    """Return what a person wants to know of the small world."""
    lines = [report.verdict, "", f"  accuracy on {report.n_test} digits that no teacher saw"]
    lines += [f"  {name:<48} {estimate}" for name, estimate in accuracies(report).items()]
    lines += ["", report.theorem, "", "  step size   exact / first order           pointing apart: shared, other start"]
    return "\n".join([*lines, *(line_of(step) for step in report.steps[::2])])


def accuracies(report: SmallWorldReport) -> dict[str, Estimate]:
    """Return every estimate over seeds by its name for people."""
    return {
        "untrained": report.start,
        "teacher": report.teacher,
        "student, the teacher's initialisation": report.same,
        "student, another initialisation": report.other,
        "student, the teacher's, logits of other inputs": report.shuffled,
        "the teacher's initialisation - another": report.same_minus_other,
        "own logits - those of other inputs": report.same_minus_shuffled,
    }


def line_of(step: FirstStep) -> str:
    """Return one step size as a line of the table."""
    shares = f"{step.negative.value:.2f}, {step.negative_elsewhere.value:.2f}"
    return f"  {step.step_size:<10g}  {step.ratio!s:<28}  {shares} (n={step.negative.n})"
