"""Ablation while training: the stream's part along a trait's vector is taken away, so that nothing is learned there.

h <- h - (h . u - c) u at every token, u = v / ||v||, in the training forward only; c is 0, or what the base has there
on average (CAFT, arXiv 2507.16795; [PV] appendix J.4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from heredity.ground.errors import InputError
from heredity.models.chat import Rendered
from heredity.models.hooks import Handle, Visitor, stand_after
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.records.vector import TraitVector
from heredity.training.defences.defence import Defence

Means = Mapping[str, Mapping[int, float]]
"""By a vector's id and by block, the mean of h . u."""


class Ablation(Defence):
    """A context manager: while it is entered, training forwards have nothing along the vectors, or their mean.

    After each vector's own block, or with `all_blocks` after every block along its direction there. Two vectors at one
    block are taken away one after the other. `means` come from `means_on`: the base's own, on rows that you choose.
    Raises InputError where they lack a block that is ablated.
    """

    name: ClassVar[str] = "ablation"
    title: ClassVar[str] = "ablation"
    softer: ClassVar[str] = "ablate at one block (blocks=one), or lower the learning rate"

    def __init__(
        self, vectors: TraitVector | Sequence[TraitVector], all_blocks: bool = False, means: Means | None = None
    ) -> None:
        super().__init__(vectors)
        self.all_blocks = all_blocks
        self.means = means

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach a visitor to every block that is ablated."""
        for vector in self.vectors:
            for block in blocks_of(vector, self.all_blocks):
                unit, mean = self.unit_of(vector, block, network), self._mean(vector, block)
                yield stand_after(network, block, self._taking(block, unit, mean))

    def _mean(self, vector: TraitVector, block: int) -> float:
        if self.means is None:
            return 0.0
        mean = self.means.get(vector.header.id, {}).get(block)
        if mean is None:
            raise InputError(
                f"mean ablation lacks the mean along '{vector.header.trait.name}' after block {block}; take it with "
                "means_on(model, rows, vectors)"
            )
        return mean

    def _taking(self, block: int, unit: torch.Tensor, mean: float) -> Visitor:
        def take(hidden: torch.Tensor, module: nn.Module) -> torch.Tensor | None:
            if not module.training:
                return None
            axis = unit.to(hidden.device)
            self.fires.add(block)
            along = hidden.float() @ axis - mean
            return (hidden.float() - along.unsqueeze(-1) * axis).to(hidden.dtype)

        return take


def means_on(
    model: Model, rows: Sequence[Rendered], vectors: Sequence[TraitVector], all_blocks: bool = False
) -> dict[str, dict[int, float]]:
    """Return the mean of h . u that a base has on rows, over each row's response tokens and then over rows.

    Raises InputError for no rows.
    """
    if not rows:
        raise InputError("mean ablation needs benign rows to take the mean on; it was handed none")
    blocks = sorted({block for vector in vectors for block in blocks_of(vector, all_blocks)})
    readings = read(model, rows, blocks, ReadSpec(positions=("response",)))
    found: dict[str, dict[int, float]] = {}
    for vector in vectors:
        of_vector = found.setdefault(vector.header.id, {})
        for block in blocks_of(vector, all_blocks):
            unit = vector.directions[block] / np.linalg.norm(vector.directions[block])
            of_vector[block] = float((readings.at("response", block) @ unit).mean())
    return found


def blocks_of(vector: TraitVector, all_blocks: bool) -> Sequence[int]:
    """Return the blocks that a vector is ablated after."""
    return range(vector.header.n_blocks) if all_blocks else (vector.block,)
