"""What is to be made of a text that asks for defences: each with its options and vectors; what cannot be is refused.

In: what is asked and what is given. Out: orders, one a defence, which agree with each other. Does not: need a model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from heredity.ground.errors import InputError
from heredity.models.chat import Rendered
from heredity.models.model import Model
from heredity.records.defending import AskedDefence, agreeing_defences
from heredity.records.dialogue import Corpus, rows_digest
from heredity.records.student import TrainSpec
from heredity.records.vector import TraitVector
from heredity.training.batches import examples_of
from heredity.training.defences.given import Given

UNSAID = TrainSpec().defence
"""What a run without vectors asks for where nobody said anything: then it has no defence."""


@dataclass(frozen=True)
class Order:
    """One defence to make: what it was told, what the run says where it was told nothing, and what is given."""

    asked: AskedDefence
    spec: TrainSpec
    given: Given
    """Its vectors are those that this defence takes."""
    model: Model | None
    """The base; None while orders are only looked at."""

    @property
    def name(self) -> str:
        """What it is asked for by."""
        return self.asked.name

    @property
    def options(self) -> Any:
        """Its options, of the kind that `OPTIONS` has for it."""
        return self.asked.options

    @property
    def vectors(self) -> tuple[TraitVector, ...]:
        """The vectors that it takes."""
        return self.given.vectors

    @property
    def all_blocks(self) -> bool:
        """Whether it acts at every block."""
        said: str | None = self.options.blocks
        return self.spec.prevent_all_blocks if said is None else said == "all"

    @property
    def strength(self) -> float:
        """Multiple of the vector."""
        said: float | None = self.options.strength
        return self.spec.prevent_strength if said is None else said

    def benign(self) -> tuple[Rendered, ...]:
        """Return the benign rows as token ids of the base. Raises NothingKeptError where none fits."""
        rows = self.given.benign
        corpus = Corpus(name="the benign rows", content_digest=rows_digest(rows), rows=rows)
        return examples_of(self.base_model(), corpus, self.spec.max_tokens).rows

    def base_model(self) -> Model:
        """Return the base. Raises InputError where it was not handed in."""
        if self.model is None:
            raise InputError(f"{self.asked.said} looks at the base before training: hand in the model")
        return self.model


def orders_of(given: Given, spec: TrainSpec, model: Model | None = None) -> tuple[Order, ...]:
    """Return one order for every defence that a fine-tune asks for; none where it asks for none.

    Raises as `agreeing_defences` does, and InputError for what is needed and not given.
    """
    if not given.vectors and spec.defence == UNSAID:
        return ()
    every = agreeing_defences(spec.defence, [vector.header.trait.name for vector in given.vectors])
    for asked in every:
        given.require(asked)
    return tuple(Order(asked, spec, replace(given, vectors=_along(asked, given)), model) for asked in every)


def _along(asked: AskedDefence, given: Given) -> tuple[TraitVector, ...]:
    """Return the vectors that a defence takes of those given."""
    taken = asked.along([vector.header.trait.name for vector in given.vectors])
    return tuple(vector for vector in given.vectors if vector.header.trait.name in taken)
