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
    seed: str = "0"
    """Any text; all chance in the audit is drawn from it."""
