"""A baked model in words."""

from __future__ import annotations

from heredity.records.baking import Baking


def told(about: Baking) -> str:
    """Return what a person wants to know of a baked model."""
    proof = about.proof
    return "\n".join(
        [
            f"{part.trait} baked into {about.model_name} at strength {part.strength:g}, "
            + (f"block {part.blocks[0]}" if len(part.blocks) == 1 else f"blocks {part.blocks[0]} to {part.blocks[-1]}")
            for part in about.vectors
        ]
        + [
            f"its logits differ from the hooked model's by {proof.difference:.1e} of their scale, over "
            f"{proof.n_tokens} tokens (rounding accounts for {proof.tolerance:.0e})"
        ]
    )
