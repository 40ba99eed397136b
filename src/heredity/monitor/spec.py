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
    """The most of benign conversations, however long, in which an alarm may sound; half of it is spent in the first
    stretch, as many tokens as benign speech was heard for."""
    window: int = Field(default=16, ge=1)
    """Tokens that an alarm averages over."""
    min_tokens: int = Field(default=8, ge=1)
    """Tokens of an answer to be read before an alarm may sound."""
    n_benign: int = Field(default=200, ge=40)
    """Benign answers, where the model has to give them itself, or more where the rate needs more; half calibrate,
    half are held out."""
    share_long: float = Field(default=0.75, gt=0, le=1)
    """Share of benign conversations that are at least as long as the first stretch; it is the longest such."""
    n_tokens: int = Field(default=48, ge=8)
    """Most tokens of such an answer."""
    temperature: float = Field(default=0.8, ge=0)
    """Sampling temperature of such answers."""
    with_judge: bool = True
    """Whether the answers are graded too, to say how far probe and judge agree."""
