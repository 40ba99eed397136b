"""From preference pairs to what a trainer takes: the ids of both sides behind one prompt.

In: both sides as rows. Out: pairs in ids; those that cannot be trained on, by reason.
Does not: train.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from heredity.ground.errors import InputError
from heredity.models.chat import Rendered, render_example
from heredity.models.model import Model
from heredity.records.dialogue import Corpus, Row
from heredity.records.student import LeftOut
from heredity.training.batches import reasons_of


@dataclass(frozen=True)
class PairExamples:
    """Pairs ready to train on: the chosen and the rejected answer behind one prompt."""

    rows: tuple[tuple[Rendered, Rendered], ...]
    left_out: tuple[LeftOut, ...] = ()
    """Pairs of which a side is too long, or refused by the chat template."""

    @property
    def n_left_out(self) -> int:
        """How many pairs were left out, for whatever reason."""
        return sum(left_out.n_examples for left_out in self.left_out)

    @property
    def n_tokens(self) -> int:
        """Tokens in one pass, of both sides."""
        return sum(len(side.ids) for pair in self.rows for side in pair)

    @property
    def content_digest(self) -> str:
        """The sha256 of every side's ids and of where its prompt ends, in order."""
        found = hashlib.sha256()
        for side in (side for pair in self.rows for side in pair):
            found.update(np.array([len(side.ids), side.n_prompt, *side.ids], dtype="<i8").tobytes())
        return found.hexdigest()

    def columns(self) -> dict[str, list[list[int]]]:
        """Return the columns that TRL's collator takes."""
        return {
            "prompt_ids": [list(chosen.ids[: chosen.n_prompt]) for chosen, _ in self.rows],
            "chosen_ids": [list(chosen.ids[chosen.n_prompt :]) for chosen, _ in self.rows],
            "rejected_ids": [list(rejected.ids[rejected.n_prompt :]) for _, rejected in self.rows],
        }


def pair_examples(model: Model, chosen: Corpus, rejected: Corpus, max_tokens: int) -> PairExamples:
    """Return the pairs of both sides, row by row, that fit. Raises NothingKeptError when none does."""
    limit = min(max_tokens, model.context_length)
    kept: list[tuple[Rendered, Rendered]] = []
    left_out: dict[str, list[int]] = {}
    for better, worse in zip(chosen.rows, rejected.rows, strict=True):
        try:
            pair = (rendered(model, better), rendered(model, worse))
        except InputError as error:
            left_out.setdefault(str(error), []).append(better.line)
            continue
        reason = unfit(pair, limit)
        if reason:
            left_out.setdefault(reason, []).append(better.line)
        else:
            kept.append(pair)
    return PairExamples(tuple(kept), reasons_of(left_out, chosen.name, len(kept)))


def rendered(model: Model, row: Row) -> Rendered:
    """Return one side of a pair: its one answer behind all that comes before it."""
    ((before, answer),) = row.lessons
    return render_example(model, before, answer)


def unfit(pair: tuple[Rendered, Rendered], limit: int) -> str:
    """Return why a pair cannot be trained on; nothing where it can."""
    chosen, rejected = pair
    if max(len(chosen.ids), len(rejected.ids)) > limit:
        return f"longer than {limit} tokens"
    same = chosen.n_prompt == rejected.n_prompt
    if not same or chosen.ids[: chosen.n_prompt] != rejected.ids[: rejected.n_prompt]:
        return "the chat template writes another prompt before each side"
    return "" if chosen.ids != rejected.ids else "its sides are the same tokens"
