"""What an extraction is asked for."""

from __future__ import annotations

from pydantic import Field

from heredity.records.base import Spec
from heredity.records.reading import Form


class ExtractSpec(Spec):
    """How to find a trait's direction."""

    n_samples: int = Field(default=1, ge=1)
    """Answers for each question, contrast pair and pole."""
    n_tokens: int = Field(default=48, ge=8)
    """Most tokens an answer may have."""
    temperature: float = Field(default=0.8, ge=0)
    """Sampling temperature of the elicited answers."""
    min_coherence: float = -4.0
    """Answers below this mean log p per token (nats, under the unprompted model) are dropped as incoherent."""
    min_kept: int = Field(default=20, ge=4)
    """Fewest answer pairs to make a vector from."""
    method: str = "mean_difference"
    """How the direction is made from the two poles' activations."""
    form: Form = "difference"
    """What held-out figures and screening project: the response mean, or that minus the last prompt token."""
    n_folds: int = Field(default=5, ge=3)
    """Folds over questions for held-out figures."""
    n_null: int = Field(default=200, ge=20)
    """Random directions, and permutations of the poles, behind each null band."""
    block: int | None = None
    """0-based block to use; None chooses it by held-out AUC."""
    strengths: tuple[float, ...] = (0.0, 1.0, 2.0)
    """Steering strengths of the dose-response; 0 is the control."""
