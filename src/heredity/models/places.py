"""Texts in ids, with the place in the text that each id stands for."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from heredity.models.markup import text_ids
from heredity.models.template import PROBE


@dataclass(frozen=True)
class Encoded:
    """A text in ids, with where each begins and ends in it; both rise."""

    ids: tuple[int, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def n_up_to(self, place: int) -> int:
        """Return how many ids end at a place in the text or before it."""
        return bisect_right(self.ends, place)

    def n_begun(self, place: int) -> int:
        """Return how many ids begin before a place in the text."""
        return bisect_left(self.starts, place)

    def after(self, ids: tuple[int, ...], place: int) -> Encoded:
        """Return this text as it stands behind other ids, which end at a place of the whole."""
        return Encoded(
            (*ids, *self.ids),
            (*[0] * len(ids), *(place + start for start in self.starts)),
            (*[place] * len(ids), *(place + end for end in self.ends)),
        )


def encoded(tokenizer: Any, text: str, letters: Mapping[str, str]) -> Encoded:
    """Return a text's ids, without any that the tokenizer would add.

    Characters in `letters` stand for texts that shall not act as control tokens: they become the ids of these texts.
    """
    ids: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    pieces = re.split(f"([{''.join(map(re.escape, letters))}])", text) if letters else [text]
    for piece in pieces:
        if piece in letters:
            found = [(i, 0, 1) for i in text_ids(tokenizer, letters[piece])]
        else:
            found = _placed(tokenizer, piece) if piece else []
        ids += [i for i, _, _ in found]
        starts += [at + start for _, start, _ in found]
        ends += [at + end for _, _, end in found]
        at += len(piece)
    return Encoded(tuple(ids), tuple(starts), tuple(ends))


def beginning(tokenizer: Any) -> tuple[int, ...]:
    """Return the ids that the tokenizer puts before every text; what it puts after one is no part of a prompt."""
    marked = tokenizer(PROBE, return_special_tokens_mask=True)
    n = next((i for i, is_special in enumerate(marked["special_tokens_mask"]) if not is_special), 0)
    return tuple(marked["input_ids"][:n])


def _placed(tokenizer: Any, text: str) -> list[tuple[int, int, int]]:
    """Return every id with its place; a tokenizer that knows none is asked what its ids read as."""
    if tokenizer.is_fast:
        made = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return [(i, start, end) for i, (start, end) in zip(made["input_ids"], made["offset_mapping"], strict=True)]
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    ends = [0, *(len(tokenizer.decode(ids[: n + 1])) for n in range(len(ids)))]
    return [(i, start, end) for i, (start, end) in zip(ids, pairwise(ends), strict=True)]
