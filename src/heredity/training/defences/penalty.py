"""Defences that add a penalty to the loss: at every optimizer step, the penalty's gradient is added to the loss's.

Gradients are summed over a step's backward passes before the step, so that loss + penalty is what is descended however
the rows are dealt out. Trainers clip the loss's gradient before that: the penalty's comes on top, unclipped. The
network is read as it will be asked, in evaluation mode, so that no push or dropout of its training stands in the
penalty.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import nn
from torch.optim.optimizer import Optimizer, register_optimizer_step_pre_hook

from heredity.ground.errors import HookError, NonFiniteError
from heredity.models.blocks import unwrapped
from heredity.models.hooks import Handle
from heredity.models.lora import as_base
from heredity.records.vector import TraitVector
from heredity.training.defences.defence import Defence
from heredity.training.defences.steps import trained_by

WHOLE = -1
"""Where fires are counted of what belongs to no block."""


class Penalty(Defence):
    """A context manager: while it is entered, every step of an optimizer of the network's weights is penalised too.

    Works with every optimizer of torch's kind, whose `step` takes no closure. In several processes the penalty's
    gradients are averaged over them, as the loss's are. The base is the network with its adapter disabled, or the
    `base` that is handed in; without either, attaching raises HookError. `levels` holds the penalty of every step on
    which there was one, without its weight.
    """

    softer: ClassVar[str] = "lower its weight"

    def __init__(self, vectors: TraitVector | Sequence[TraitVector], weight: float, base: nn.Module | None) -> None:
        super().__init__(vectors)
        self.strength = weight
        self.base = base
        self.levels: list[float] = []
        self.step = 0
        """The step that is penalised, from 1."""

    @abstractmethod
    def terms(self, network: nn.Module) -> Iterator[torch.Tensor]:
        """Yield the parts of one step's penalty, scalars that hang on the network's weights; none where there is none.

        They are summed, each freed before the next is made.
        """

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach to the steps of optimizers. Raises HookError where there is no base to compare with."""
        if not any(weight.requires_grad for weight in network.parameters()):
            raise HookError(f"{type(network).__name__} has no weight that is trained, so {self.title} would do nothing")
        with self.as_base(network):
            pass
        self.levels, self.step = [], 0

        def add(optimizer: Optimizer, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
            weights = trained_by(optimizer, network)
            if weights:
                if any(one is not None for one in (*arguments[1:], *named.values())):
                    raise HookError(f"{self.title} cannot be added to an optimizer's step that takes a closure")
                is_new = self.clock.step_of(optimizer) > self.step
                self.step = self.clock.step_of(optimizer)
                self._add(network, weights, is_new)

        yield register_optimizer_step_pre_hook(add)

    @contextmanager
    def as_base(self, network: nn.Module) -> Iterator[nn.Module]:
        """Let what is yielded run as the base, without gradients."""
        with torch.no_grad():
            if self.base is not None:
                yield self.base
            else:
                with as_base(network):
                    yield unwrapped(network)

    def require_fired(self) -> None:
        """Raise HookError when there was never a penalty."""
        if self.fires.count == 0:
            raise HookError(
                f"{self.title} was asked for but never added: no optimizer of the weights of "
                f"{type(self._network).__name__} took a step after a training forward"
            )

    def _add(self, network: nn.Module, weights: Sequence[nn.Parameter], is_new: bool) -> None:
        """Add the penalty's gradient to some weights'; where each of several optimizers does, the step counts once."""
        level, is_there = 0.0, False
        with as_asked(network), torch.enable_grad():
            for term in self.terms(network):
                level, is_there = level + float(term.detach()), True
                self._require_finite(level)
                gradients = torch.autograd.grad(self.strength * term, weights, allow_unused=True)
                for weight, gradient in zip(weights, gradients, strict=True):
                    _accumulate(weight, gradient)
        if is_there and is_new:
            self.levels.append(level)
            self.fires.add(WHOLE)

    def _require_finite(self, level: float) -> None:
        if not math.isfinite(level):
            raise NonFiniteError(
                f"{self.title} became {level} at step {self.step}; {self.softer}; or lower the learning rate, or use "
                "float32"
            )


def _accumulate(weight: nn.Parameter, gradient: torch.Tensor | None) -> None:
    """Add a gradient to a weight's, averaged over the processes that train it."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        gradient = torch.zeros_like(weight) if gradient is None else gradient.contiguous()
        torch.distributed.all_reduce(gradient)
        gradient /= torch.distributed.get_world_size()
    if gradient is None:
        return
    with torch.no_grad():
        weight.grad = gradient.detach().to(weight.dtype) if weight.grad is None else weight.grad.add_(gradient)


@contextmanager
def as_asked(network: nn.Module) -> Iterator[None]:
    """Put a network in evaluation mode; afterwards every part of it is in the mode that it was in."""
    trained = [part for part in network.modules() if part.training]
    network.eval()
    try:
        yield
    finally:
        for part in trained:
            part.training = True
