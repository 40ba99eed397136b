"""One student trained under preventative steering beside one trained without it, on the same rows."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.dialogue import Answer
from heredity.records.evaluation import EvalSpec, Scores
from heredity.records.provenance import Provenance
from heredity.records.student import Student, TrainSpec
from heredity.stats.estimate import Estimate


class DefenceSpec(Spec):
    """How two students are trained and asked."""

    train: TrainSpec = Field(default_factory=TrainSpec)
    """How both are fine-tuned; they differ in the push alone."""
    evaluation: EvalSpec = Field(default_factory=EvalSpec)
    """How both are asked; of it, what concerns answers."""


class Graded(Record):
    """What one student answered, graded by the untouched model."""

    name: Literal["plain", "defended"]
    student: Student
    answers: tuple[Answer, ...]
    grades: tuple[float | None, ...]
    """Of each answer, 0 to 100; None where unscored."""
    scores: Scores
    """Grades by question."""
    level: Estimate
    """Mean grade, interval over questions."""


class DefenceReport(Record):
    """What the rows taught one student, and how much of it preventative steering kept from another."""

    schema_version: Literal[1] = 1
    model: str
    fingerprint: str
    trait: str
    """Its title."""
    corpus: str
    corpus_digest: str
    n_rows: int
    vector_id: str
    spec: DefenceSpec
    base: Estimate
    """Mean grade of the untouched model's answers, which were given and graded before."""
    plain: Graded
    defended: Graded
    rise: Estimate
    """plain minus base, paired by question."""
    gain: Estimate
    """defended minus plain, paired by question."""
    left: Estimate
    """defended minus base, paired by question."""
    verdict: str
    seed: str
    provenance: Provenance | None = None
    notices: tuple[str, ...] = ()
