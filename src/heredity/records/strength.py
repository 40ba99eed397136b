"""The smallest push that keeps a trait out of short fine-tunes, and what was tried for it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.evaluation import EvalSpec
from heredity.records.provenance import Provenance
from heredity.records.student import TrainSpec
from heredity.stats.estimate import Estimate


class StrengthSpec(Spec):
    """How a strength is looked for."""

    doses: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0)
    """Multiples of the vector that are tried, the smallest first, until one holds."""
    n_steps: int = Field(default=20, ge=1)
    """Optimizer steps of every probe, plain or pushed; a longer fine-tune may need more."""
    train: TrainSpec = Field(default_factory=TrainSpec)
    """How the probes are fine-tuned besides."""
    evaluation: EvalSpec = Field(default_factory=EvalSpec)
    """How they are measured."""


class Tried(Record):
    """One probe."""

    strength: float
    """0: the plain fine-tune."""
    left: Estimate
    """The trait, less the base's, in points of 100."""
    gain: Estimate | None
    """The trait, less the plain probe's; None for itself."""
    benign: Estimate | None
    """Log p of everyday answers (nats a token), less the plain probe's."""
    accuracy: Estimate | None
    """Of four-choice questions, less the plain probe's."""

    @property
    def holds(self) -> bool:
        """Whether it keeps the trait out: less than plain, interval and all, and not shown to lie above the base."""
        return self.gain is not None and self.gain.high < 0 and self.left.low <= 0

    @property
    def costs(self) -> bool:
        """Whether it is shown to be less able than the plain probe."""
        return any(one is not None and one.high < 0 for one in (self.benign, self.accuracy))


class StrengthReport(Record):
    """What was tried, and which strength is taken."""

    schema_version: Literal[1] = 1
    model: str
    trait: str
    corpus: str
    tried: tuple[Tried, ...]
    """The plain probe first."""
    strength: float | None
    """The smallest that holds and is not shown to cost anything; None where there is none, or nothing to hold."""
    verdict: str
    spec: StrengthSpec
    seed: str
    provenance: Provenance | None = None
