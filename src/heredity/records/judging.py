"""What a judge made of the answers in a file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import Record
from heredity.records.provenance import Provenance
from heredity.stats.estimate import Estimate

JudgedBy = Literal["rubric", "contrast"]


class MeanGrade(Record):
    """The mean of the answers that were graded."""

    value: float
    interval: Estimate | None
    """Over opening questions, which are its n; None where fewer than two have a grade."""


class JudgingReport(Record):
    """How the answers of a file were graded; the grades themselves stand in a file of their own, a line an answer."""

    schema_version: Literal[1] = 1
    trait: str
    by: JudgedBy
    judge: str
    """The judging model, for people."""
    n_answers: int
    grade: MeanGrade | None
    coherence: MeanGrade | None
    """None where no answer has one; the contrast judge knows no coherence."""
    unscored: dict[str, dict[str, int]] = Field(default_factory=dict)
    """By what was graded: how many answers could not be, by reason."""
    asked_as: str = ""
    """How a remote judge was asked, where that is not as usual."""
    seed: str
    provenance: Provenance | None = None
    """None where a remote model judged."""
