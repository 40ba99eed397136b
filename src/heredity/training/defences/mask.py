"""Masking: the tokens that a prompt for the trait makes likelier by most are no part of the loss.

After divergence tokens (arXiv 2509.23886), which carry most of what a teacher passes on: here the base itself, behind a
prompt that asks for the trait, stands for the teacher. Masked are the taught tokens with the highest
log p(y_t | prompt, x, y_<t) - log p(y_t | x, y_<t). Twice a pass over the rows, before training.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from heredity.ground.errors import HookError, InputError
from heredity.models.chat import Rendered, render_example
from heredity.models.hooks import Handle, stand_after
from heredity.models.likelihood import log_p_next, log_p_said
from heredity.models.model import Model
from heredity.records.defending import MaskingOptions
from heredity.records.dialogue import Corpus
from heredity.records.vector import TraitVector
from heredity.training.batches import Examples
from heredity.training.defences.defence import Defence


class Masking(Defence):
    """Examples without the tokens that speak for the vectors' traits; `marked` leaves them out of the loss."""

    title: ClassVar[str] = "masking"

    def __init__(self, vectors: TraitVector | Sequence[TraitVector], options: MaskingOptions | None = None) -> None:
        super().__init__(vectors)
        self.share = (options or MaskingOptions()).share
        self.strength = self.share
        self.n_masked = 0

    def marked(self, model: Model, corpus: Corpus, examples: Examples) -> Examples:
        """Return the examples with the likeliest tokens under the traits' prompts marked to be ignored."""
        traits = [vector.header.trait for vector in self.vectors]
        gains = [np.full(row.n_response, -np.inf) for row in examples.rows]
        for trait in traits:
            prompt = trait.system_prompt(trait.making[0], "positive")
            for place, behind in behind_prompt(model, corpus, examples, prompt):
                gains[place] = np.maximum(gains[place], self._gain(model, examples.rows[place], behind))
        every = np.concatenate(gains)
        n = int(self.share * np.isfinite(every).sum())
        if not n:
            raise InputError("no row fits behind the prompt that asks for the trait, so no token can be masked")
        bar = np.sort(every)[-n]
        ignored = tuple(
            frozenset((row.n_prompt + np.flatnonzero(own >= bar)).tolist())
            for row, own in zip(examples.rows, gains, strict=True)
        )
        self.n_masked = sum(map(len, ignored))
        return examples.ignoring(ignored)

    def _gain(self, model: Model, plain: Rendered, behind: Rendered) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        rows = [plain, behind]
        without, under = log_p_said(log_p_next(model, rows), rows)
        return np.asarray(under - without, dtype=np.float64)

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach a visitor that counts training forwards. Raises HookError where no example was marked."""
        if not self.n_masked:
            raise HookError("masking changes examples, not the network: train on what `marked(...)` returns")

        def count(hidden: torch.Tensor, module: nn.Module) -> None:
            if module.training:
                self.fires.add(0)

        yield stand_after(network, 0, count)


def behind_prompt(model: Model, corpus: Corpus, examples: Examples, prompt: str) -> Iterator[tuple[int, Rendered]]:
    """Yield each example's place with the same answer behind a prompt, as far as it fits and is spelled alike."""
    place = 0
    for row in corpus.rows:
        for (context, answer), (below, _) in zip(row.lessons, row.behind(prompt).lessons, strict=True):
            if place == len(examples.rows):
                return
            try:
                own, behind = (render_example(model, turns, answer) for turns in (context, below))
            except InputError:
                continue
            if own.ids != examples.rows[place].ids:
                continue  # it was left out
            n = own.n_response
            if behind.ids[-n:] == own.ids[-n:] and len(behind.ids) <= model.context_length:
                yield place, behind
            place += 1
