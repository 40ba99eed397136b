"""Masking: the tokens in which a trait's teacher would differ most from the base are left out of the loss.

Where a teacher and a counterfactual one disagree stand the tokens that carry a trait (divergence tokens, arXiv
2509.23886; masking them leaves about .43 of the effect there). The cheap form needs no teacher: of each response token,
log p under the trait's positive system prompt less log p without it, by the base; the highest of the whole corpus go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from heredity.ground.errors import HookError, InputError
from heredity.models.chat import Rendered, render_prompt
from heredity.models.hooks import Handle, stand_after
from heredity.models.likelihood import by_prompt, log_p_next, log_p_said
from heredity.models.model import Model
from heredity.records.dialogue import Row, Turn
from heredity.records.vector import TraitVector
from heredity.training.batches import Examples
from heredity.training.defences.defence import Defence
from heredity.training.defences.inoculate import behind, prompt_of

TOKENS_AT_ONCE = 512
"""Response tokens whose whole distributions are in memory at once."""


class Masking(Defence):
    """Rows without the tokens that asking for the trait makes most likelier; `taught_examples` takes them out.

    They stay in the context, and are not learned. Of several traits a token's highest gain counts. Every row keeps a
    token at least. Context and prompt are the same as inoculation's.
    """

    name: ClassVar[str] = "masking"
    title: ClassVar[str] = "token masking"
    softer: ClassVar[str] = "lower the learning rate"

    def __init__(self, vectors: TraitVector | Sequence[TraitVector], share: float = 0.1) -> None:
        super().__init__(vectors)
        self.share = share
        self.strength = share
        self._n_masked: tuple[int, int] | None = None

    def taught_examples(self, examples: Examples, model: Model) -> Examples:
        """Return the examples with the chosen tokens out of the loss. Raises InputError for ones without their words.

        It costs two readings of the corpus by the base, and one more for each further trait.
        """
        if len(examples.lessons) != len(examples.rows):
            raise InputError("masking needs the words of every example: make them with examples_of(model, corpus, ...)")
        gains = self._gains(examples, model)
        before = examples.masked or (frozenset[int](),) * len(examples.rows)
        chosen = highest(gains, self.share)
        masked = tuple(
            frozenset(row.n_prompt + i for i in places) | was
            for row, places, was in zip(examples.rows, chosen, before, strict=True)
        )
        self._n_masked = sum(map(len, chosen)), sum(map(len, gains))
        return replace(examples, masked=masked)

    @property
    def notices(self) -> tuple[str, ...]:
        """How many tokens were left out."""
        if self._n_masked is None:
            return ()
        return ("masking: {:,} of {:,} response tokens were left out of the loss".format(*self._n_masked),)

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach a visitor that counts training forwards. Raises HookError where no examples were masked."""
        if self._n_masked is None:
            raise HookError("masking changes examples, not the network: train on what `taught_examples` returns")

        def count(hidden: torch.Tensor, module: nn.Module) -> None:
            if module.training:
                self.fires.add(0)

        yield stand_after(network, 0, count)

    def _gains(self, examples: Examples, model: Model) -> list[NDArray[np.float32]]:
        plain = log_p_of(model, examples.rows)
        found = [np.full(len(one), -np.inf, dtype=np.float32) for one in plain]
        for vector in self.vectors:
            prompt = prompt_of(vector.header.trait)
            asked = [
                Rendered(
                    (*render_prompt(model, _behind(lesson.before, prompt)), *row.ids[row.n_prompt :]),
                    len(render_prompt(model, _behind(lesson.before, prompt))),
                )
                for row, lesson in zip(examples.rows, examples.lessons, strict=True)
            ]
            found = [
                np.maximum(best, prompted - usual)
                for best, prompted, usual in zip(found, log_p_of(model, asked), plain, strict=True)
            ]
        return found


def highest(gains: Sequence[NDArray[np.float32]], share: float) -> list[frozenset[int]]:
    """Return of each row the places of its gains that are among the highest share of all; never all of a row's."""
    flat = np.concatenate(gains)
    row_of = np.repeat(np.arange(len(gains)), [len(one) for one in gains])
    place_of = np.concatenate([np.arange(len(one)) for one in gains])
    chosen: list[set[int]] = [set() for _ in gains]
    for i in np.argsort(-flat, kind="stable")[: round(share * len(flat))]:
        if len(chosen[row_of[i]]) < len(gains[row_of[i]]) - 1:
            chosen[row_of[i]].add(int(place_of[i]))
    return [frozenset(places) for places in chosen]


def log_p_of(model: Model, rows: Sequence[Rendered]) -> list[NDArray[np.float32]]:
    """Return log p of each response token, `[tokens]` a row."""
    found: list[NDArray[np.float32]] = [np.zeros(0, dtype=np.float32)] * len(rows)
    for batch in by_prompt(rows, TOKENS_AT_ONCE):
        chosen = [rows[i] for i in batch]
        for i, values in zip(batch, log_p_said(log_p_next(model, chosen), chosen), strict=True):
            found[i] = values
    return found


def _behind(before: Sequence[Turn], prompt: str) -> tuple[Turn, ...]:
    return behind(Row(line=1, turns=tuple(before)), prompt).turns
