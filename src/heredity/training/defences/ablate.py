"""Ablation while training: the stream's part along a trait's vector is taken away, so that nothing is learned there.

h <- h - (h . u) u at every token, u = v / ||v||, in the training forward only (CAFT; [PV] appendix J.4); or
h <- h - (h . u - m . u) u with m the base's mean activation over everyday answers (mean ablation).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from heredity.models.hooks import Handle, stand_after
from heredity.records.vector import TraitVector
from heredity.training.defences.defence import Defence


class Ablation(Defence):
    """A context manager: while it is entered, training forwards have nothing along the vectors.

    After each vector's own block, or with `all_blocks` after every block along its direction there. Two vectors at one
    block are taken away one after the other. With `usual`, the base's mean activation (`[width]`) by block, the part is
    not taken away but set to what that mean has of it.
    """

    title: ClassVar[str] = "ablation"

    def __init__(
        self,
        vectors: TraitVector | Sequence[TraitVector],
        all_blocks: bool = False,
        usual: Mapping[int, NDArray[np.floating]] | None = None,
    ) -> None:
        super().__init__(vectors)
        self.all_blocks = all_blocks
        self.usual = usual

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach a visitor to every block that is ablated."""
        for vector in self.vectors:
            blocks = range(vector.header.n_blocks) if self.all_blocks else (vector.block,)
            for block in blocks:
                unit = self.unit_of(vector, block, network)
                yield self._hooked(network, block, unit, float(self.usual[block] @ unit.numpy()) if self.usual else 0.0)

    def _hooked(self, network: nn.Module, block: int, unit: torch.Tensor, level: float) -> Handle:
        def take(hidden: torch.Tensor, module: nn.Module) -> torch.Tensor | None:
            if not module.training:
                return None
            axis = unit.to(hidden.device)
            self.fires.add(block)
            along = hidden.float() @ axis - level
            return (hidden.float() - along.unsqueeze(-1) * axis).to(hidden.dtype)

        return stand_after(network, block, take)
