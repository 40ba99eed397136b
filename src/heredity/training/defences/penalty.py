"""Defences that add to the loss: what a network's own forward returns is what a trainer takes the gradient of.

A penalty is added to the `loss` of the network's output, which Hugging Face's models compute where they are given
labels. A forward that has none fails: a loop with a loss of its own adds `penalty` itself.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import nn

from heredity.ground.errors import HookError
from heredity.models.hooks import Handle, stand_behind
from heredity.training.defences.defence import Defence


class Penalty(Defence):
    """A context manager: while it is entered, training forwards' losses hold a penalty."""

    weight: float
    n_parts: int = 1
    """Forwards whose gradients are summed up to one step; the penalty is the mean of theirs."""
    _is_inside = False

    @abstractmethod
    def penalty(self, network: nn.Module, asked: Mapping[str, Any]) -> torch.Tensor:
        """Return what is penalised in one forward, a number with a gradient. `asked` is what the network was given."""

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach what adds to the loss. Raises HookError for a network whose base is not to be had."""
        base_of(network)
        yield stand_behind(network, self._add)

    def _add(self, network: nn.Module, asked: Mapping[str, Any], output: Any) -> Any:
        if output is None or self._is_inside or not network.training or not torch.is_grad_enabled():
            return None
        if getattr(output, "loss", None) is None:
            raise HookError(
                f"{self.title} adds to the loss that the network returns, and this forward returns none: give it "
                "labels, or add `penalty(network, inputs)` to your own loss"
            )
        self._is_inside = True
        try:
            output.loss = output.loss + self.weight * self.penalty(network, asked) / self.n_parts
        finally:
            self._is_inside = False
        self.fires.add(0)
        return output


def base_of(network: nn.Module) -> AbstractContextManager[Any]:
    """Return what makes the network its base for the length of a with-block: its adapter is left out.

    Raises HookError for one without an adapter.
    """
    disable: Any = getattr(network, "disable_adapter", None)
    if disable is None:
        raise HookError(
            "the base is not to be had: this defence compares the student with the model that it came from, and finds "
            "that under a LoRA (peft) alone; train one, or take another defence"
        )
    context: AbstractContextManager[Any] = disable()
    return context


@contextmanager
def at_rest(network: nn.Module) -> Iterator[None]:
    """Put a network in evaluation mode for the length of a with-block: what acts on training leaves it alone."""
    network.eval()
    try:
        yield
    finally:
        network.train()
