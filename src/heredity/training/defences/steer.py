"""Preventative steering: push the model along a trait's vector while it trains, so that it need not move there.

h_l <- h_l + a * v_l at every token, in the training forward only; taken away afterwards ([PV] section 5.2). Works
with any training loop that runs the network's blocks: Hugging Face Trainer, TRL, PEFT, or plain torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextvars import Token
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from heredity.ground.errors import HookError
from heredity.models.hooks import RESPONSE_MASK, Handle, stand_behind
from heredity.models.steer import Push, Where, hook_push
from heredity.records.vector import TraitVector
from heredity.training.batches import IGNORED
from heredity.training.defences.defence import Defence


class PreventativeSteering(Defence):
    """A context manager: while it is entered, the network's training forwards are pushed.

    ::

        with PreventativeSteering(vector, strength=0.5).on(network):
            trainer.train()

    Evaluation forwards (`network.eval()`) are never pushed. On leaving, the hooks are gone. Leaving without an
    exception raises HookError when no push was ever added. `fires` counts the pushed block passes.
    """

    title: ClassVar[str] = "preventative steering"

    def __init__(
        self,
        vectors: TraitVector | Sequence[TraitVector],
        strength: float = 0.5,
        all_blocks: bool = False,
        tokens: Where = "all",
    ) -> None:
        super().__init__(vectors)
        self.strength = strength
        self.all_blocks = all_blocks
        self.tokens = tokens

    @property
    def pushes(self) -> list[Push]:
        """One push a vector, or one a vector and block."""
        return [push for vector in self.vectors for push in pushes_of(vector, self.strength, self.all_blocks)]

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach every push; one of response tokens alone is told by labels which these are."""
        if self.tokens == "response":
            yield from labelled(network)
        for push in self.pushes:
            yield hook_push(network, push, self.fires, self.tokens, only_training=True)


def labelled(network: nn.Module) -> Iterator[Handle]:
    """Attach what says, while a forward runs, that its response tokens are those with a label.

    A training forward without labels raises HookError: nobody would be pushed.
    """
    marks: list[Token[torch.Tensor | None]] = []

    def mark(module: nn.Module, arguments: tuple[Any, ...], asked: Mapping[str, Any]) -> None:
        labels = asked.get("labels")
        if labels is None and module.training:
            raise HookError(
                "steering of response tokens needs forwards that are given labels, which say what these are"
            )
        marks.append(RESPONSE_MASK.set(None if labels is None else (labels != IGNORED).long()))

    def unmark(module: nn.Module, asked: Mapping[str, Any], output: Any) -> None:
        if marks:
            RESPONSE_MASK.reset(marks.pop())

    yield network.register_forward_pre_hook(mark, with_kwargs=True)
    yield stand_behind(network, unmark)


def pushes_of(vector: TraitVector, strength: float, all_blocks: bool) -> list[Push]:
    """Return v at the chosen block, or the increments v_l - v_(l-1) at every block ([PV] appendix J.3)."""
    if not all_blocks:
        return [Push(vector.block, vector.direction, strength)]
    increments = np.diff(vector.directions, axis=0, prepend=np.zeros_like(vector.directions[:1]))
    return [Push(block, increment, strength) for block, increment in enumerate(increments)]
