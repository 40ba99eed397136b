"""Gradient projection: of every weight's gradient, the part that would move a trait's read-out is taken away.

r = mean over tokens of h_l . u after the vector's block, u = v / ||v||; t = dr / dw for every trained weight w;
g <- g - (g . t) t / (t . t), tensor by tensor (arXiv 2604.25779 has one product over all weights; by tensor each of
its terms is nought). To first order, a step of plain gradient descent then leaves r as it is; Adam rescales gradients,
and so keeps that only roughly. It costs a second, partial backward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from heredity.ground.errors import HookError
from heredity.models.hooks import Handle, Visitor, stand_after
from heredity.records.vector import TraitVector
from heredity.training.defences.defence import Defence

Moved = tuple[torch.Tensor | None, ...]
"""t of every weight; None for one that does not move the read-out."""
LEAST = 1e-20
"""Squared length of a tensor's t, below which the tensor does not move the read-out."""


class GradientProjection(Defence):
    """A context manager: while it is entered, backward passes leave no gradient along the vectors' read-outs.

    Raises HookError where a training forward keeps no gradients at the block, as under gradient checkpointing, which
    would hide the weights before it.
    """

    title: ClassVar[str] = "gradient projection"

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach a visitor to every vector's block, and a hook to every weight that is trained."""
        weights = [weight for weight in network.parameters() if weight.requires_grad]
        found: dict[int, Moved] = {}
        for place, vector in enumerate(self.vectors):
            yield stand_after(network, vector.block, self._reading(vector, weights, found, place))
        for number, weight in enumerate(weights):
            tensor: Any = weight  # whose hooks torch does not type
            yield tensor.register_hook(_without(found, number))

    def _reading(
        self, vector: TraitVector, weights: list[nn.Parameter], found: dict[int, Moved], place: int
    ) -> Visitor:
        unit = torch.from_numpy(vector.direction / np.linalg.norm(vector.direction))

        def read(hidden: torch.Tensor, module: nn.Module) -> None:
            if not module.training:
                return
            if not hidden.requires_grad:
                raise HookError(
                    "gradient projection needs the gradients of a training forward, and there are none at its block; "
                    "train without gradient checkpointing"
                )
            readout = (hidden.float() @ unit.to(hidden.device)).mean()
            found[place] = torch.autograd.grad(readout, weights, retain_graph=True, allow_unused=True)
            self.fires.add(vector.block)

        return read


def _without(found: dict[int, Moved], number: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return a hook that takes from one weight's gradient its part along every vector's."""

    def take(gradient: torch.Tensor) -> torch.Tensor:
        for of_weights in found.values():
            moved = of_weights[number]
            length = 0.0 if moved is None else float((moved.float() ** 2).sum())
            if moved is not None and length > LEAST:
                share = (gradient.float() * moved.float()).sum() / length
                gradient = gradient - (share * moved.float()).to(gradient.dtype)
        return gradient

    return take
