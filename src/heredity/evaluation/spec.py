"""What an evaluation is asked for."""

from __future__ import annotations

from pydantic import Field

from heredity.records.base import Spec


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
