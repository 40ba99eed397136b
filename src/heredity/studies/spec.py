"""What an audit is asked for."""

from __future__ import annotations

from pydantic import Field

from heredity.evaluation.spec import EvalSpec
from heredity.records.base import Spec
from heredity.screening.spec import ScreenSpec
from heredity.training.spec import TrainSpec
from heredity.vectors.spec import ExtractSpec


class AuditSpec(Spec):
    """The specs of an audit's steps."""

    extract: ExtractSpec = Field(default_factory=ExtractSpec)
    """How the vector is found."""
    screen: ScreenSpec = Field(default_factory=ScreenSpec)
    """How rows are scored and flagged."""
    train: TrainSpec = Field(default_factory=TrainSpec)
    """How every student is fine-tuned; the defended arm differs in nothing but the push."""
    evaluation: EvalSpec = Field(default_factory=EvalSpec)
    """How every arm is measured."""
    n_seeds: int = Field(default=1, ge=1)
    """Fine-tunes of each arm, each with its own adapter, row order and answers; one is one run, and is told as such."""
    with_controls: bool = False
    """Whether two more arms are run: as many rows dropped at random, and a push as long along a random direction."""
    seed: str = "0"
    """Any text; all chance in the audit is drawn from it."""

    @property
    def seeds(self) -> tuple[str, ...]:
        """The seed of every fine-tune; the first is the audit's own."""
        return (self.seed, *(f"{self.seed}/{i}" for i in range(1, self.n_seeds)))
