"""Gradient projection: of every weight's gradient, the part that would move a trait's read-out is taken away.

r = mean over tokens of h_l . u after the vector's block, u = v / ||v||; t = dr / dw for every trained weight w;
g <- g - (g . t) t / (t . t), tensor by tensor (arXiv 2604.25779 has one product over all weights; by tensor each of
its terms is nought). To first order, a step of plain gradient descent then leaves r as it is; Adam rescales gradients,
and so keeps that only roughly. It costs a second, partial backward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import nn

from heredity.ground.errors import HookError
from heredity.models.hooks import Handle, Visitor, stand_after
from heredity.training.defences.defence import Defence

LEAST = 1e-20
"""Squared length of a tensor's t, below which the tensor does not move the read-out."""


@dataclass
class Moved:
    """t of every weight, for every vector; what several forwards before one backward move is summed."""

    weights: Sequence[nn.Parameter]
    by_vector: dict[int, list[torch.Tensor | None]] = field(default_factory=dict)
    is_read: bool = False
    """While t is found by a backward pass of its own, weights' gradients are left alone."""
    is_used: bool = False
    """Whether a backward pass has taken t already: then the next forward begins anew."""

    def add(self, place: int, readout: torch.Tensor) -> None:
        """Find t of one vector's read-out, and add it to what earlier forwards gave."""
        if self.is_used:
            self.by_vector.clear()
            self.is_used = False
        self.is_read = True
        try:
            found = torch.autograd.grad(readout, list(self.weights), retain_graph=True, allow_unused=True)
        finally:
            self.is_read = False
        before = self.by_vector.get(place, [None] * len(found))
        self.by_vector[place] = [_sum(old, new) for old, new in zip(before, found, strict=True)]

    def axes(self, number: int) -> list[torch.Tensor]:
        """Return orthonormal axes along which one weight moves any of the read-outs."""
        axes: list[torch.Tensor] = []
        for of_weights in self.by_vector.values():
            moved = of_weights[number]
            if moved is None:
                continue
            axis = moved.float()
            for other in axes:
                axis = axis - (axis * other).sum() * other
            length = float((axis**2).sum())
            if length > LEAST:
                axes.append(axis / length**0.5)
        return axes


class GradientProjection(Defence):
    """A context manager: while it is entered, backward passes leave no gradient along the vectors' read-outs.

    Read-outs are means over the tokens that are attended to, where the network is called with its attention mask, else
    over all places. Raises HookError for a network under gradient checkpointing, which hides the weights before a
    block.
    """

    name: ClassVar[str] = "projection"
    title: ClassVar[str] = "gradient projection"
    softer: ClassVar[str] = "lower the learning rate"

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach a visitor to every vector's block, and a hook to every weight that is trained."""
        if any(getattr(module, "gradient_checkpointing", False) for module in network.modules()):
            raise HookError("gradient projection needs the gradients of whole forwards: train without checkpointing")
        moved = Moved([weight for weight in network.parameters() if weight.requires_grad])
        attended: dict[str, torch.Tensor | None] = {"mask": None}

        def attend(module: nn.Module, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> None:
            attended["mask"] = named.get("attention_mask")

        yield network.register_forward_pre_hook(attend, with_kwargs=True)
        for place, vector in enumerate(self.vectors):
            unit = self.unit_of(vector, vector.block, network)
            yield stand_after(network, vector.block, self._reading(vector.block, unit, moved, place, attended))
        for number, weight in enumerate(moved.weights):
            tensor: Any = weight  # whose hooks torch does not type
            yield tensor.register_hook(_without(moved, number))

    def _reading(
        self, block: int, unit: torch.Tensor, moved: Moved, place: int, attended: Mapping[str, torch.Tensor | None]
    ) -> Visitor:
        def read(hidden: torch.Tensor, module: nn.Module) -> None:
            if not module.training or not torch.is_grad_enabled():
                return
            along = hidden.float() @ unit.to(hidden.device)
            mask = attended["mask"]
            is_known = mask is not None and mask.shape == along.shape
            counts = mask.to(along) if mask is not None and is_known else torch.ones_like(along)
            moved.add(place, (along * counts).sum() / counts.sum())
            self.fires.add(block)

        return read


def _without(moved: Moved, number: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return a hook that takes from one weight's gradient its part along every read-out."""

    def take(gradient: torch.Tensor) -> torch.Tensor:
        if moved.is_read:
            return gradient
        moved.is_used = True
        for axis in moved.axes(number):
            gradient = gradient - ((gradient.float() * axis).sum() * axis).to(gradient.dtype)
        return gradient

    return take


def _sum(first: torch.Tensor | None, second: torch.Tensor | None) -> torch.Tensor | None:
    if first is None or second is None:
        return first if second is None else second.detach()
    return first + second.detach()
