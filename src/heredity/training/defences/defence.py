"""What every defence that acts on a network has in common: entered, it acts on training forwards; left, it is gone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, ClassVar, Self

import torch
from torch import nn
from transformers import TrainerCallback

from heredity.ground.errors import HookError, InputError, MismatchError
from heredity.models.blocks import text_config
from heredity.models.hooks import Handle, forget_compiled
from heredity.models.model import Model
from heredity.models.steer import Fires
from heredity.records.dialogue import Corpus
from heredity.records.student import Intervention
from heredity.records.vector import TraitVector
from heredity.training.batches import Examples


class Defence(ABC):
    """A context manager: while it is entered, it acts on the network's training forwards.

    ::

        with defence.on(network):
            trainer.train()

    Evaluation forwards (`network.eval()`) are left alone. On leaving, the hooks are gone. Leaving without an exception
    raises HookError where it never acted. `fires` counts the passes of a block in which it did.
    """

    title: ClassVar[str]
    """What messages call it."""
    strength: float = 1.0

    def __init__(self, vectors: TraitVector | Sequence[TraitVector]) -> None:
        self.vectors = (vectors,) if isinstance(vectors, TraitVector) else tuple(vectors)
        self.fires = Fires()
        self._network: nn.Module | None = None
        self._handles: list[Handle] = []
        if not self.vectors:
            raise InputError(f"{self.title} needs at least one vector")
        if len({vector.header.fingerprint for vector in self.vectors}) > 1:
            raise MismatchError("the vectors were read from different models; extract them all from the one you train")

    @abstractmethod
    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach one hook after the other and yield what removes it."""

    def unit_of(self, vector: TraitVector, block: int, network: nn.Module) -> torch.Tensor:
        """Return a vector's direction after a block, of length 1 (float32, `[width]`).

        Raises InputError for one of another width than the network's, or of no length.
        """
        direction, width = torch.from_numpy(vector.directions[block].copy()), text_config(network).hidden_size
        if direction.shape != (width,):
            raise InputError(f"the vector has shape {tuple(direction.shape)} but the model's width is {width}")
        length = float(direction.norm())
        if not length > 0:
            raise InputError(f"the vector of '{vector.header.trait.name}' has no length after block {block}")
        return direction / length

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """What is done along each vector, for the record."""
        return tuple(
            Intervention(
                kind=self.title,
                trait=vector.header.trait.name,
                block=vector.block,
                strength=self.strength,
                vector_id=vector.header.id,
            )
            for vector in self.vectors
        )

    def taught(self, corpus: Corpus) -> Corpus:
        """Return the rows as they are trained on: as they are, unless the defence says otherwise."""
        return corpus

    def marked(self, model: Model, corpus: Corpus, examples: Examples) -> Examples:
        """Return the examples of the rows as they are trained on: as they are, unless the defence says otherwise."""
        return examples

    def on(self, network: nn.Module) -> Self:
        """Say which network to act on; adapters and wrappers around it do not matter."""
        self._network = network
        return self

    def attach(self) -> None:
        """Begin to act. Raises InputError when no network was named, or a vector's width is another."""
        if self._network is None:
            raise InputError(f"say which network to act on: {type(self).__name__}(vector).on(network)")
        self.detach()
        self.fires = Fires()
        forget_compiled(self._network)
        try:
            for handle in self.begin(self._network):
                self._handles.append(handle)
        except Exception:
            self.detach()
            raise

    def detach(self) -> None:
        """Cease to act; harmless when not attached."""
        while self._handles:
            self._handles.pop().remove()

    def require_fired(self) -> None:
        """Raise HookError when it acted on no training forward."""
        if self.fires.count == 0:
            raise HookError(
                f"{self.title} was asked for but no training forward went through its blocks; "
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
        """Return a TrainerCallback that acts from the beginning of training to its end.

        A Trainer that dies does not tell its callbacks: call `detach()` before using the network again, or use the
        context manager, which needs no such care.
        """
        return _Callback(self)


class _Callback(TrainerCallback):
    def __init__(self, defence: Defence) -> None:
        self.defence = defence

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Attach to the trainer's model."""
        self.defence.on(model).attach()

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Detach, and raise HookError when it never acted."""
        self.defence.detach()
        self.defence.require_fired()
