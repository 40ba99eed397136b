"""What a screen is asked for."""

from __future__ import annotations

from pydantic import Field

from heredity.records.base import Spec
from heredity.records.reading import Form


class ScreenSpec(Spec):
    """How to score and flag rows."""

    form: Form | None = None
    """The score that decides; None takes the form that the vector was checked in."""
    false_alarm_rate: float = Field(default=0.05, gt=0, lt=1)
    """Share of benign rows that may be flagged; the threshold is that quantile of the reference rows."""
    n_reference: int = Field(default=64, ge=20)
    """Reference rows, where the model has to write them itself."""
    n_tokens: int = Field(default=48, ge=8)
    """Most tokens of an answer that the model writes for reference."""
    temperature: float = Field(default=0.8, ge=0)
    """Sampling temperature of those answers."""
    n_null: int = Field(default=200, ge=20)
    """Random directions behind the null of a detection figure."""
