"""What was read off the residual stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from heredity.stats.arrays import Singles

Position = Literal["response", "prompt", "last_prompt", "last_response"]
"""Mean over the response tokens, mean over the prompt tokens, or the last token of either alone."""
Form = Literal["projection", "difference"]
"""What is projected: the response mean ([PV] section 3.3), or that minus the last prompt token (appendix I).

The difference takes out what the question alone brings along; on the embedded model it tells the poles apart better.
"""


@dataclass(frozen=True)
class Readings:
    """Pooled activations: one `[rows, blocks, width]` float32 array for each position asked for."""

    blocks: tuple[int, ...]
    """0-based decoder blocks, in the order of the second axis; the residual stream after each."""
    pooled: dict[Position, Singles]

    def at(self, position: Position, block: int) -> Singles:
        """Return `[rows, width]` at one position and block."""
        return self.pooled[position][:, self.blocks.index(block)]

    def formed(self, form: Form) -> Singles:
        """Return `[rows, blocks, width]`: what the named form of score projects."""
        response = self.pooled["response"]
        return response if form == "projection" else response - self.pooled["last_prompt"]
