"""What a screen is asked for."""

from __future__ import annotations

from pydantic import Field

from heredity.records.base import Spec
from heredity.records.reading import Form


class ScreenSpec(Spec):
    """How to score and flag rows."""

    form: Form | None = None
    """The score that decides where a lone user turn stands before the answers; None takes the form that the vector was
    checked in. Behind a system prompt or earlier turns the projection decides."""
    false_alarm_rate: float = Field(default=0.05, gt=0, lt=1)
    """The most of benign rows that may be flagged; each setting's threshold is a conformal bound at this rate."""
    n_reference: int = Field(default=120, ge=20)
    """Reference rows in each setting, where the model has to write them itself, or more where the rate needs more; half
    set the threshold, half measure its rate."""
    n_tokens: int = Field(default=48, ge=8)
    """Most tokens of an answer that the model writes for reference."""
    temperature: float = Field(default=0.8, ge=0)
    """Sampling temperature of those answers."""
    n_null: int = Field(default=200, ge=20)
    """Random directions behind the null of a detection figure."""
