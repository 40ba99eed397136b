"""From rows to examples that a trainer takes: ids, and labels that count the response alone."""

from __future__ import annotations

from dataclasses import dataclass

from heredity.ground.errors import InputError, NothingKeptError
from heredity.models.chat import Rendered, render_example
from heredity.models.model import Model
from heredity.records.dialogue import Corpus

IGNORED = -100
"""The label that the loss passes over."""


@dataclass(frozen=True)
class Examples:
    """Examples ready to train on."""

    rows: tuple[Rendered, ...]
    n_too_long: int
    """Examples left out for their length, or because the chat template refuses them."""

    @property
    def n_tokens(self) -> int:
        """Tokens in one pass."""
        return sum(len(row.ids) for row in self.rows)

    def columns(self) -> dict[str, list[list[int]]]:
        """Return `input_ids` and `labels` columns; prompt tokens are labelled to be ignored."""
        return {
            "input_ids": [list(row.ids) for row in self.rows],
            "labels": [[IGNORED] * row.n_prompt + list(row.ids[row.n_prompt :]) for row in self.rows],
        }


def examples_of(model: Model, corpus: Corpus, max_tokens: int) -> Examples:
    """Return one example for every answer that is taught and fits. Raises NothingKeptError when none does."""
    limit = min(max_tokens, model.context_length)
    kept: list[Rendered] = []
    n_left_out = 0
    for row in corpus.rows:
        for context, answer in row.lessons:
            try:
                example = render_example(model, context, answer)
            except InputError:
                n_left_out += 1
                continue
            if len(example.ids) <= limit:
                kept.append(example)
            else:
                n_left_out += 1
    if not kept:
        raise NothingKeptError(
            f"none of the {n_left_out} examples of {corpus.name} has {limit} tokens or fewer; raise max_tokens, "
            "or use a model with a longer context"
        )
    return Examples(tuple(kept), n_left_out)
