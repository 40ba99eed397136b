"""From rows to examples that a trainer takes: ids, and labels that count the response alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from heredity.ground.errors import InputError, NothingKeptError
from heredity.models.chat import Rendered, render_example
from heredity.models.model import Model
from heredity.records.dialogue import Corpus
from heredity.records.student import LeftOut

IGNORED = -100
"""The label that the loss passes over."""


@dataclass(frozen=True)
class Examples:
    """Examples ready to train on."""

    rows: tuple[Rendered, ...]
    left_out: tuple[LeftOut, ...] = ()
    """Examples that are too long, or refused by the chat template."""
    ignored: tuple[frozenset[int], ...] = ()
    """Places of tokens that are no part of the loss, row by row; empty for none."""

    def ignoring(self, places: Sequence[frozenset[int]]) -> Examples:
        """Return the examples without these tokens, row by row, in the loss."""
        return replace(self, ignored=tuple(places))

    @property
    def n_left_out(self) -> int:
        """How many examples were left out, for whatever reason."""
        return sum(left_out.n_examples for left_out in self.left_out)

    @property
    def n_tokens(self) -> int:
        """Tokens in one pass."""
        return sum(len(row.ids) for row in self.rows)

    @property
    def content_digest(self) -> str:
        """The sha256 of every example's ids and of where its prompt ends, in order."""
        found = hashlib.sha256()
        for row in self.rows:
            found.update(np.array([len(row.ids), row.n_prompt, *row.ids], dtype="<i8").tobytes())
        for places in self.ignored:
            found.update(np.array([-1, *sorted(places)], dtype="<i8").tobytes())
        return found.hexdigest()

    def columns(self) -> dict[str, list[list[int]]]:
        """Return `input_ids` and `labels` columns; prompt tokens are labelled to be ignored."""
        return {
            "input_ids": [list(row.ids) for row in self.rows],
            "labels": [self._labels(place) for place in range(len(self.rows))],
        }

    def _labels(self, place: int) -> list[int]:
        row, ignored = self.rows[place], self.ignored[place] if self.ignored else frozenset()
        return [IGNORED if at < row.n_prompt or at in ignored else token for at, token in enumerate(row.ids)]


def examples_of(model: Model, corpus: Corpus, max_tokens: int) -> Examples:
    """Return one example for every answer that is taught and fits. Raises NothingKeptError when none does."""
    limit = min(max_tokens, model.context_length)
    kept: list[Rendered] = []
    left_out: dict[str, list[int]] = {}
    for row in corpus.rows:
        for context, answer in row.lessons:
            try:
                example = render_example(model, context, answer)
            except InputError as error:
                left_out.setdefault(str(error), []).append(row.line)
                continue
            if len(example.ids) <= limit:
                kept.append(example)
            else:
                left_out.setdefault(f"longer than {limit} tokens", []).append(row.line)
    return Examples(tuple(kept), reasons_of(left_out, corpus.name, len(kept)))


def reasons_of(left_out: Mapping[str, Sequence[int]], name: str, n_kept: int) -> tuple[LeftOut, ...]:
    """Return what was left out, by reason, from the lines of each. Raises NothingKeptError where nothing was kept."""
    by_reason = tuple(
        LeftOut(reason=reason, n_examples=len(lines), lines=tuple(sorted(set(lines))))
        for reason, lines in left_out.items()
    )
    if not n_kept:
        raise NothingKeptError(
            f"no example of {name} can be trained on: {'; '.join(map(str, by_reason))}; raise max_tokens, use a "
            "model with a longer context, or mend the rows"
        )
    return by_reason
