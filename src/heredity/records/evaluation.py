"""How strongly a model shows a trait, and what it can still do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.capability import TaskReport
from heredity.records.dialogue import Answer, Row
from heredity.records.provenance import Provenance
from heredity.records.vector import Calibration
from heredity.stats.estimate import Estimate

Scores = dict[str, tuple[float, ...]]
"""Scores by cluster (question)."""
Measure = Literal["expression", "benign_log_p", "accuracy", "second_expression"]
"""What arms are compared in; the last by the independent judge."""


class EvalSpec(Spec):
    """How to measure an arm; every arm of a study is measured with the same."""

    n_samples: int = Field(default=4, ge=1)
    """Answers to each evaluation question."""
    n_tokens: int = Field(default=48, ge=8)
    """Most tokens an answer may have."""
    temperature: float = Field(default=0.8, ge=0)
    """Sampling temperature of the answers."""
    n_benign: int = Field(default=48, ge=2)
    """Held-out benign answers whose log p is measured."""
    n_choices: int = Field(default=200, ge=4)
    """Four-choice questions asked, taken in turn from each kind."""


class Yardstick(Record):
    """What every arm of a study is measured by, made once on the untouched model."""

    calibration: Calibration | None
    """Of the contrast judge; None where a preference is read off directly."""
    benign: tuple[Row, ...]
    """Held-out benign rows whose log p is measured."""


class SecondOpinion(Record):
    """What an independent judge, rating by the trait's rubric, thinks of the same answers."""

    judge: str
    expression: Estimate | None
    """Mean grade, 0-100, interval over questions; None where it graded answers to fewer than two questions."""
    scores: Scores
    grades: tuple[float | None, ...]
    """Grade of each answer, None where unscored."""
    commonest_reason: str = ""
    """Why answers were left unscored, most often."""


class EvalReport(Record):
    """One arm's trait expression and capability, with the scores they rest on."""

    schema_version: Literal[1] = 1
    subject: str
    """The arm, for people."""
    trait: str
    judge: str
    judge_model: str
    """The frozen model that judged; the same for every arm."""
    expression: Estimate
    """Mean grade of the answers to the evaluation questions, 0-100, interval over questions."""
    benign_log_p: Estimate
    """Mean log p per token (nats) of held-out benign answers, interval over rows."""
    accuracy: Estimate
    """Share right of the four-choice questions, interval over questions."""
    accuracy_by_kind: dict[str, Estimate]
    expression_scores: Scores
    benign_scores: Scores
    choice_scores: Scores
    answers: tuple[Answer, ...]
    grades: tuple[float | None, ...]
    """Grade of each answer, None where unscored."""
    second: SecondOpinion | None = None
    """None where no independent judge was asked."""
    tasks: tuple[TaskReport, ...] = ()
    """Drawn tasks, by question, beside the same questions put to the base; empty where none were asked for."""
    seed: str
    seconds: float
    notices: tuple[str, ...] = ()
    """What to know of the model's prompts, and of its judge."""
    provenance: Provenance | None = None
    """None where a study made it as one of its steps: the study has it."""

    @property
    def n_unreached(self) -> int:
        """Answers in whose place the model was still thinking when its tokens ran out."""
        return sum(not answer.is_reached for answer in self.answers)


class Comparison(Record):
    """The paired difference of two arms in one measure."""

    measure: Measure
    treated: str
    control: str
    difference: Estimate
    """treated minus control, paired by question or row; of several runs, over runs and questions drawn anew."""


def compared(comparisons: Iterable[Comparison], measure: str, treated: str, control: str) -> Estimate | None:
    """Return one comparison's difference; None where those arms, or that measure, were not run."""
    wanted = (measure, treated, control)
    return next(
        (
            comparison.difference
            for comparison in comparisons
            if (comparison.measure, comparison.treated, comparison.control) == wanted
        ),
        None,
    )
