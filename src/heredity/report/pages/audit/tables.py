"""What the page's tables hold: choices of rows and of columns, no figure of their own."""

from __future__ import annotations

from dataclasses import dataclass

from heredity.records.audit import Arm, AuditReport
from heredity.records.dialogue import Answer
from heredity.records.evaluation import Comparison
from heredity.stats.estimate import Estimate

N_EXAMPLES = 3


@dataclass(frozen=True)
class ArmLine:
    """One line of the arms' table: an arm and its changes against the base model, None for the base itself."""

    arm: Arm
    expression_change: Estimate | None
    benign_change: Estimate | None
    accuracy_change: Estimate | None


@dataclass(frozen=True)
class Example:
    """One arm's answer to a question; the grade is None where it was unscored."""

    name: str
    title: str
    text: str
    grade: float | None


@dataclass(frozen=True)
class ExampleLine:
    """One question with the answers of the arms side by side."""

    question: str
    answers: tuple[Example, ...]


def arm_lines(report: AuditReport) -> tuple[ArmLine, ...]:
    """Return the arms with their changes against the base model."""
    found = {(c.measure, c.treated): c.difference for c in report.comparisons if c.control == "base"}
    return tuple(
        ArmLine(
            arm,
            found.get(("expression", arm.name)),
            found.get(("benign_log_p", arm.name)),
            found.get(("accuracy", arm.name)),
        )
        for arm in report.arms
    )


def against_plain(report: AuditReport) -> tuple[Comparison, ...]:
    """Return what every other arm changed against the plain fine-tune."""
    return tuple(c for c in report.comparisons if c.control == "plain")


def against_twins(report: AuditReport) -> tuple[Comparison, ...]:
    """Return how each defence does against its random twin, where those arms were run."""
    twins = {(arm.spec.twin_of, arm.name) for arm in report.arms}
    return tuple(c for c in report.comparisons if (c.treated, c.control) in twins and c.measure == "expression")


def kinds(report: AuditReport) -> tuple[str, ...]:
    """Return the kinds of four-choice questions."""
    return tuple(dict.fromkeys(kind for arm in report.arms for kind in arm.evaluation.accuracy_by_kind))


def example_lines(report: AuditReport) -> tuple[ExampleLine, ...]:
    """Return the first questions that every arm answered, in the order asked: not chosen by their outcome."""
    by_arm = [(arm, {_key(a): i for i, a in enumerate(arm.evaluation.answers)}) for arm in report.arms]
    shared = [a for a in by_arm[0][0].evaluation.answers if a.sample == 0 and all(_key(a) in i for _, i in by_arm)]
    return tuple(
        ExampleLine(answer.question, tuple(_example(arm, places[_key(answer)]) for arm, places in by_arm))
        for answer in shared[:N_EXAMPLES]
    )


def _key(answer: Answer) -> tuple[int, int]:
    return (answer.question_index, answer.sample)


def _example(arm: Arm, place: int) -> Example:
    return Example(arm.name, arm.title, arm.evaluation.answers[place].text, arm.evaluation.grades[place])
