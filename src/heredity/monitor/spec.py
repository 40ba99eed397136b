"""What a monitor is asked for."""

from __future__ import annotations

from pydantic import Field

from heredity.records.base import Spec
from heredity.records.reading import Form


class MonitorSpec(Spec):
    """How to calibrate probes and when to sound an alarm."""

    form: Form = "projection"
    """The score of a token: its projection, or that minus the last prompt token's, which already carries what a system
    prompt asks for: the difference takes that out, and turned the order of system prompts round when it was tried."""
    false_alarm_rate: float = Field(default=0.05, gt=0, lt=1)
    """Share of benign conversations in which an alarm may sound."""
    window: int = Field(default=16, ge=1)
    """Tokens that an alarm averages over."""
    min_tokens: int = Field(default=8, ge=1)
    """Tokens of an answer to be read before an alarm may sound."""
    n_benign: int = Field(default=160, ge=40)
    """Benign answers, where the model has to give them itself; half calibrate, half are held out."""
    n_tokens: int = Field(default=48, ge=8)
    """Most tokens of such an answer."""
    temperature: float = Field(default=0.8, ge=0)
    """Sampling temperature of such answers."""
    with_judge: bool = True
    """Whether the answers are graded too, to say how far probe and judge agree."""
