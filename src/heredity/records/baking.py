"""A steered model whose steering is in its weights: what was put there, and the proof that it does the same."""

from __future__ import annotations

from typing import Literal

from heredity.records.base import Record


class BakedVector(Record):
    """One vector's part in a baked model."""

    trait: str
    vector_id: str
    blocks: tuple[int, ...]
    """0-based blocks whose output it pushes."""
    strength: float
    """Multiple of the (unnormalised) vector that is added at every token."""


class BakeProof(Record):
    """How far the baked model's logits are from those of the same model under hooks, both in float32."""

    difference: float
    """Largest absolute difference of two logits, as a share of the largest absolute logit."""
    tolerance: float
    """What rounding may account for; above it nothing is baked."""
    n_tokens: int
    """Tokens of prompts whose logits were compared."""


class Baking(Record):
    """What lies beside a baked model, so that nobody takes it for the model it was made from."""

    schema_version: Literal[1] = 1
    model_name: str
    """The model before baking."""
    fingerprint: str
    """Of the model before baking."""
    vectors: tuple[BakedVector, ...]
    proof: BakeProof
