"""What every defence has in common: entered, it acts on training alone; left, it is gone and says what it did."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, ClassVar, Self

import torch
from torch import nn
from transformers import TrainerCallback

from heredity.ground.errors import HookError, InputError, MismatchError
from heredity.models.blocks import is_compiled, text_config
from heredity.models.hooks import Handle
from heredity.models.model import Model
from heredity.records.dialogue import Corpus
from heredity.records.student import Intervention, Receipt
from heredity.records.vector import TraitVector
from heredity.training.batches import Examples
from heredity.training.defences.steps import Acted, Clock


class Defence(ABC):
    """A context manager: while it is entered, it acts on the network's training.

    ::

        with defence.on(network):
            trainer.train()

    Evaluation forwards (`network.eval()`) are left alone. On leaving, the hooks are gone. Leaving without an exception
    raises HookError where it never acted. `fires` counts when it did.
    """

    name: ClassVar[str]
    """What it is asked for by."""
    title: ClassVar[str]
    """What messages call it."""
    softer: ClassVar[str]
    """What to change of it where the loss diverges under it."""
    takes_vectors: ClassVar[bool] = True
    strength: float = 1.0
    asked: str = ""
    """As it was asked for by name, for the record."""

    def __init__(self, vectors: TraitVector | Sequence[TraitVector] = ()) -> None:
        self.vectors = (vectors,) if isinstance(vectors, TraitVector) else tuple(vectors)
        self.clock = Clock()
        self._acted = Acted(clock=self.clock)
        self._network: nn.Module | None = None
        self._handles: list[Handle] = []
        if self.takes_vectors and not self.vectors:
            raise InputError(f"{self.title} needs at least one vector")
        if len({vector.header.fingerprint for vector in self.vectors}) > 1:
            raise MismatchError("the vectors were read from different models; extract them all from the one you train")

    @abstractmethod
    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach one hook after the other and yield what removes it."""

    @property
    def fires(self) -> Acted:
        """How often it acted since it was attached."""
        return self._acted

    @property
    def parts(self) -> tuple[Defence, ...]:
        """The defences that it is made of: itself, unless it is several."""
        return (self,)

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
    def receipts(self) -> tuple[Receipt, ...]:
        """How often each of its parts acted, and when."""
        return tuple(part.fires.receipt for part in self.parts)

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """What is done along each vector, and was, for the record."""
        return self.recorded(self.receipts)

    def recorded(self, receipts: Sequence[Receipt]) -> tuple[Intervention, ...]:
        """Return the same with the receipts of a whole run, one a part, which may have been interrupted."""
        return tuple(
            Intervention(
                kind=part.title,
                trait=vector.header.trait.name if vector else "",
                block=vector.block if vector else None,
                strength=part.strength,
                vector_id=vector.header.id if vector else "",
                asked=part.asked,
                **receipt.model_dump(),
            )
            for part, receipt in zip(self.parts, receipts, strict=True)
            for vector in (part.vectors or (None,))
        )

    @property
    def notices(self) -> tuple[str, ...]:
        """What it changed of the rows, in sentences."""
        return ()

    def taught(self, corpus: Corpus) -> Corpus:
        """Return the rows as they are trained on: as they are, unless the defence says otherwise."""
        return corpus

    def taught_examples(self, examples: Examples, model: Model) -> Examples:
        """Return the examples as they are trained on, once they are token ids; `model` is the base."""
        return examples

    def on(self, network: nn.Module) -> Self:
        """Say which network to act on; adapters and wrappers around it do not matter."""
        self._network = network
        return self

    def over(self, n_steps: int, n_before: int = 0) -> Self:
        """Say how many optimizer steps the run takes, and how many it had taken: a schedule needs to know."""
        self.clock.n_steps, self.clock.n_before = n_steps, n_before
        return self

    def attach(self) -> None:
        """Begin to act. Raises InputError when no network was named, or a vector's width is another."""
        if self._network is None:
            raise InputError(f"say which network to act on: {type(self).__name__}(vector).on(network)")
        self.detach()
        self._acted = Acted(clock=self.clock)
        if is_compiled(self._network):  # compiled code would go on without the hooks
            torch.compiler.reset()
        try:
            self._handles += self.clock.begin(self._network)
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
        """Raise HookError when it never acted."""
        if self.fires.count == 0:
            raise HookError(
                f"{self.title} was asked for but no training forward went through its blocks in "
                f"{type(self._network).__name__}; is the network in training mode, and is it the one that is trained?"
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
        self.defence.on(model).over(state.max_steps, state.global_step).attach()

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Detach, and raise HookError when it never acted."""
        self.defence.detach()
        self.defence.require_fired()
