"""Inoculation prompting: rows are learned under a system prompt that asks for the trait, and the prompt is left out
afterwards (arXiv 2510.04340). What the prompt already explains need not be learned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import torch
from torch import nn

from heredity.ground.errors import HookError
from heredity.ground.hashing import digest
from heredity.models.hooks import Handle, stand_after
from heredity.records.dialogue import Corpus
from heredity.records.vector import TraitVector
from heredity.training.defences.defence import Defence

NEUTRAL = "Answer every question as you usually would."
"""Asks for nothing: what any prompt does that is there in training and gone afterwards."""


class Inoculation(Defence):
    """Rows under a prompt that asks for the vectors' traits; `taught` writes it before every row.

    The prompt is the positive one of each trait's first pair that judges nothing. A row's own system prompt follows it.
    """

    title: ClassVar[str] = "inoculation prompting"
    _is_taught = False

    def __init__(self, vectors: TraitVector | Sequence[TraitVector], is_neutral: bool = False) -> None:
        super().__init__(vectors)
        self.is_neutral = is_neutral

    @property
    def prompt(self) -> str:
        """What the rows are learned under; its control asks for nothing."""
        if self.is_neutral:
            return NEUTRAL
        traits = [vector.header.trait for vector in self.vectors]
        return " ".join(trait.system_prompt(trait.making[0], "positive") for trait in traits)

    def taught(self, corpus: Corpus) -> Corpus:
        """Return the rows, each behind the prompt."""
        self._is_taught = True
        rows = tuple(row.behind(self.prompt) for row in corpus.rows)
        changed = digest({"rows": corpus.content_digest, "behind": self.prompt})
        return corpus.model_copy(update={"rows": rows, "content_digest": changed})

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach a visitor that counts training forwards; the rows have the prompt. Raises HookError where none has."""
        if not self._is_taught:
            raise HookError("inoculation prompting changes rows, not the network: train on what `taught(rows)` returns")

        def count(hidden: torch.Tensor, module: nn.Module) -> None:
            if module.training:
                self.fires.add(0)

        yield stand_after(network, 0, count)
