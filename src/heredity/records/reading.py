"""What was read off the residual stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Position = Literal["response", "prompt", "last_prompt"]
"""Mean over the response tokens, mean over the prompt tokens, or the last prompt token alone."""


@dataclass(frozen=True)
class Readings:
    """Pooled activations: one `[rows, blocks, width]` float32 array for each position asked for."""

    blocks: tuple[int, ...]
    """0-based decoder blocks, in the order of the second axis; the residual stream after each."""
    pooled: dict[Position, Floats]
    n_tokens: int = 0
    """Tokens that went through the model, padding not counted."""

    def at(self, position: Position, block: int) -> Floats:
        """Return `[rows, width]` at one position and block."""
        return self.pooled[position][:, self.blocks.index(block)]
