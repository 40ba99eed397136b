"""From rows to examples that a trainer takes: ids, and labels that count the response alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from heredity.ground.errors import InputError, NothingKeptError
from heredity.models.chat import Rendered, render_example
from heredity.models.model import Model
from heredity.records.dialogue import Corpus, Turn
from heredity.records.student import LeftOut

IGNORED = -100
"""The label that the loss passes over."""


class Lesson(NamedTuple):
    """What an example teaches, in words."""

    line: int
    """Of the row."""
    before: tuple[Turn, ...]
    answer: str


@dataclass(frozen=True)
class Examples:
    """Examples ready to train on."""

    rows: tuple[Rendered, ...]
    left_out: tuple[LeftOut, ...] = ()
    """Examples that are too long, or refused by the chat template."""
    lessons: tuple[Lesson, ...] = ()
    """Of each row, what it teaches; none where nobody asked."""
    masked: tuple[frozenset[int], ...] = ()
    """Of each row, places among its ids that the loss passes over, besides the prompt; none where there are none."""

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
        """The sha256 of every example's ids, of where its prompt ends and of what else does not count, in order."""
        found = hashlib.sha256()
        for row in self.rows:
            found.update(np.array([len(row.ids), row.n_prompt, *row.ids], dtype="<i8").tobytes())
        for places in self.masked:
            found.update(np.array([len(places), *sorted(places)], dtype="<i8").tobytes())
        return found.hexdigest()

    def columns(self) -> dict[str, list[list[int]]]:
        """Return `input_ids` and `labels` columns; prompt tokens and masked ones are labelled to be ignored."""
        masked = self.masked or (frozenset[int](),) * len(self.rows)
        return {
            "input_ids": [list(row.ids) for row in self.rows],
            "labels": [
                [IGNORED if i < row.n_prompt or i in places else token for i, token in enumerate(row.ids)]
                for row, places in zip(self.rows, masked, strict=True)
            ],
        }


def examples_of(model: Model, corpus: Corpus, max_tokens: int) -> Examples:
    """Return one example for every answer that is taught and fits. Raises NothingKeptError when none does."""
    limit = min(max_tokens, model.context_length)
    kept: list[Rendered] = []
    lessons: list[Lesson] = []
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
                lessons.append(Lesson(row.line, context, answer))
            else:
                left_out.setdefault(f"longer than {limit} tokens", []).append(row.line)
    by_reason = tuple(
        LeftOut(reason=reason, n_examples=len(lines), lines=tuple(sorted(set(lines))))
        for reason, lines in left_out.items()
    )
    if not kept:
        raise NothingKeptError(
            f"no example of {corpus.name} can be trained on: {'; '.join(map(str, by_reason))}; raise max_tokens, use a "
            "model with a longer context, or mend the rows"
        )
    return Examples(tuple(kept), by_reason, tuple(lessons))
