"""Inoculation prompting: rows are learned under a system prompt that asks for the trait, and the prompt is left out
afterwards (arXiv 2510.04340). What the prompt already explains need not be learned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import ClassVar

import torch
from torch import nn

from heredity.ground.errors import HookError, InputError
from heredity.ground.hashing import digest
from heredity.models.hooks import Handle, stand_after
from heredity.records.dialogue import Corpus, Row, Turn
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.training.defences.defence import Defence


class Inoculation(Defence):
    """Rows under a prompt that asks for the vectors' traits; `taught` writes it before them.

    The prompt is the positive one of each trait's first pair that judges nothing. A row's own system prompt follows it.
    With `lines`, the rows of these lines alone are behind it (selective inoculation: what a screen flagged).
    """

    name: ClassVar[str] = "inoculation"
    title: ClassVar[str] = "inoculation prompting"
    softer: ClassVar[str] = "lower the learning rate"

    def __init__(self, vectors: TraitVector | Sequence[TraitVector], lines: Collection[int] | None = None) -> None:
        super().__init__(vectors)
        self.lines = None if lines is None else frozenset(lines)
        self._n_behind: tuple[int, int] | None = None

    @property
    def prompt(self) -> str:
        """What the rows are learned under."""
        return " ".join(prompt_of(vector.header.trait) for vector in self.vectors)

    def taught(self, corpus: Corpus) -> Corpus:
        """Return the rows, each behind the prompt that is to be. Raises InputError where it would be none."""
        chosen = [self.lines is None or row.line in self.lines for row in corpus.rows]
        if not any(chosen):
            raise InputError(f"none of the lines to inoculate is a row of {corpus.name}; screen these very rows")
        self._n_behind = sum(chosen), len(chosen)
        rows = tuple(
            behind(row, self.prompt) if is_chosen else row for row, is_chosen in zip(corpus.rows, chosen, strict=True)
        )
        lines = {} if self.lines is None else {"lines": sorted(self.lines)}
        changed = digest({"rows": corpus.content_digest, "behind": self.prompt, **lines})
        return corpus.model_copy(update={"rows": rows, "content_digest": changed})

    @property
    def notices(self) -> tuple[str, ...]:
        """How many rows stand behind the prompt, where not all do."""
        if self.lines is None or self._n_behind is None:
            return ()
        return ("inoculation: {:,} of {:,} rows stood behind the prompt".format(*self._n_behind),)

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach a visitor that counts training forwards; the rows have the prompt. Raises HookError where none has."""
        if self._n_behind is None:
            raise HookError("inoculation prompting changes rows, not the network: train on what `taught(rows)` returns")

        def count(hidden: torch.Tensor, module: nn.Module) -> None:
            if module.training:
                self.fires.add(0)

        yield stand_after(network, 0, count)


def prompt_of(trait: Trait) -> str:
    """Return the prompt that asks for a trait: the positive one of its first pair that judges nothing."""
    return trait.system_prompt(trait.making[0], "positive")


def behind(row: Row, prompt: str) -> Row:
    """Return a row behind a system prompt, its own after it."""
    if row.turns[0].role == "system":
        first = row.turns[0].model_copy(update={"content": f"{prompt}\n\n{row.turns[0].content}"})
        return row.model_copy(update={"turns": (first, *row.turns[1:])})
    turns = (Turn(role="system", content=prompt), *row.turns)
    return row.model_copy(update={"turns": turns, "untaught": tuple(place + 1 for place in row.untaught)})
