"""Preventative steering: push the model along a trait's vector while it trains, so that it need not move there.

h_l <- h_l + a * v_l at every token, in the training forward only; taken away afterwards ([PV] section 5.2). Works
with any training loop that runs the network's blocks: Hugging Face Trainer, TRL, PEFT, or plain torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
import torch
from torch import nn
from transformers import TrainerCallback

from heredity.ground.errors import HookError, InputError, MismatchError
from heredity.models.steer import Fires, Push, hook_push
from heredity.records.student import Intervention
from heredity.records.vector import TraitVector


class PreventativeSteering:
    """A context manager: while it is entered, the network's training forwards are pushed.

    ::

        with PreventativeSteering(vector, strength=0.5).on(network):
            trainer.train()

    Evaluation forwards (`network.eval()`) are never pushed. On leaving, the hooks are gone. Leaving without an
    exception raises HookError when no push was ever added. `fires` counts the pushed block passes.
    """

    def __init__(
        self, vectors: TraitVector | Sequence[TraitVector], strength: float = 0.5, all_blocks: bool = False
    ) -> None:
        self.vectors = (vectors,) if isinstance(vectors, TraitVector) else tuple(vectors)
        self.strength = strength
        self.all_blocks = all_blocks
        self.fires = Fires()
        self._network: nn.Module | None = None
        self._handles: list[torch.utils.hooks.RemovableHandle] = []
        if not self.vectors:
            raise InputError("preventative steering needs at least one vector")
        if len({vector.header.fingerprint for vector in self.vectors}) > 1:
            raise MismatchError("the vectors were read from different models; extract them all from the one you train")

    @property
    def pushes(self) -> list[Push]:
        """One push a vector, or one a vector and block."""
        return [push for vector in self.vectors for push in pushes_of(vector, self.strength, self.all_blocks)]

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """What is pushed, for the record."""
        return tuple(
            Intervention(
                trait=vector.header.trait.name,
                block=vector.block,
                strength=self.strength,
                vector_id=vector.header.id,
            )
            for vector in self.vectors
        )

    def on(self, network: nn.Module) -> Self:
        """Say which network to push; adapters and wrappers around it do not matter."""
        self._network = network
        return self

    def attach(self) -> None:
        """Start pushing. Raises InputError when no network was named, or a vector's width is another."""
        if self._network is None:
            raise InputError("say which network to push: PreventativeSteering(vector).on(network)")
        self.detach()
        self.fires = Fires()
        try:
            for push in self.pushes:
                self._handles.append(hook_push(self._network, push, self.fires, only_training=True))
        except Exception:
            self.detach()
            raise

    def detach(self) -> None:
        """Stop pushing; harmless when not attached."""
        while self._handles:
            self._handles.pop().remove()

    def require_fired(self) -> None:
        """Raise HookError when no training forward was pushed."""
        if self.fires.count == 0:
            raise HookError(
                "preventative steering was asked for but no training forward went through a pushed block; "
                "is the network in training mode, and is it the one that is trained?"
            )

    def __enter__(self) -> Self:
        self.attach()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.detach()
        if kind is None:
            self.require_fired()

    def callback(self) -> TrainerCallback:
        """Return a TrainerCallback that pushes from the beginning of training to its end.

        A Trainer that dies does not tell its callbacks: call `detach()` before using the network again, or use the
        context manager, which needs no such care.
        """
        return _SteeringCallback(self)


class _SteeringCallback(TrainerCallback):
    def __init__(self, steering: PreventativeSteering) -> None:
        self.steering = steering

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Attach to the trainer's model."""
        self.steering.on(model).attach()

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Detach, and raise HookError when nothing was pushed."""
        self.steering.detach()
        self.steering.require_fired()


def pushes_of(vector: TraitVector, strength: float, all_blocks: bool) -> list[Push]:
    """Return v at the chosen block, or the increments v_l - v_(l-1) at every block ([PV] appendix J.3)."""
    if not all_blocks:
        return [Push(vector.block, vector.direction, strength)]
    increments = np.diff(vector.directions, axis=0, prepend=np.zeros_like(vector.directions[:1]))
    return [Push(block, increment, strength) for block, increment in enumerate(increments)]
