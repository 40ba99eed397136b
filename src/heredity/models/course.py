"""The course of a batch of answers: where each begins after its thought, and where it is over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import StoppingCriteria

from heredity.models.model import Model
from heredity.models.thinking import N_TAIL, opened, thinker_for

N_GAP = 8
"""Ids between a thought and its answer for which room is left."""


@dataclass(frozen=True)
class Said:
    """One answer in ids and text."""

    text: str
    n_tokens: int
    """Ids of the answer, without what ended it."""
    n_thought: int
    """Ids before the answer."""
    thought: str
    is_reached: bool
    is_cut: bool
    """Whether its length ended it: then no forward has read its last id."""


class Course(StoppingCriteria):
    """Hears every answer of a batch, and ends each on its own: by its length, or where the next turn would begin.

    A thought has a budget of its own, which hangs on its own prompt alone. An answer whose thought does not end within
    it is never reached.
    """

    def __init__(self, model: Model, prompts: Sequence[Sequence[int]], n_tokens: int, n_thought: int) -> None:
        self.tokenizer: Any = model.tokenizer
        self.n_tokens = n_tokens
        rooms = [model.context_length - len(prompt) - n_tokens - N_GAP for prompt in prompts]
        self.n_thought = [max(0, min(n_thought, room)) for room in rooms]
        self.thinkers = [thinker_for(self.tokenizer, prompt) for prompt in prompts]
        self.is_over = [False] * len(prompts)
        self.ends: Collection[int] = ()
        self.stops: tuple[str, ...] = ()

    def ended_by(self, ends: Collection[int], stops: tuple[str, ...]) -> Course:
        """Say which ids, and which texts, an answer is over at."""
        self.ends, self.stops = frozenset(ends), stops
        return self

    @property
    def n_most(self) -> int:
        """Most ids that an answer with its thought may have."""
        return self.n_tokens + max(n + N_GAP if n else 0 for n in self.n_thought)

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        """Return which answers are over, `[batch]`."""
        for i, token in enumerate(input_ids[:, -1].tolist()):
            if not self.is_over[i]:
                self.thinkers[i].add(token)
                self.is_over[i] = token in self.ends or self._is_long(i) or self._is_stopped(i)
        return torch.tensor(self.is_over, device=input_ids.device)

    def said(self, i: int) -> Said:
        """Return an answer as far as it has come."""
        thinker = self.thinkers[i]
        if thinker.is_thinking:
            return Said("", 0, len(thinker.ids), self._text(thinker.ids), False, True)
        thought = opened(self._text(thinker.ids[: thinker.begins]))
        ids = thinker.said[: self.n_tokens]
        end = next((n for n, token in enumerate(ids) if token in self.ends), None)
        text = self._read(ids[:end])
        place = self._stop_in(text)
        if place is None:
            n_tokens = len(ids[:end])
            return Said(text.strip(), n_tokens, thinker.begins, thought, True, end is None)
        text = text[:place].rstrip()
        n_tokens = next(n for n in range(len(ids) + 1) if len(self._read(ids[:n])) >= len(text))
        return Said(text.strip(), n_tokens, thinker.begins, thought, True, False)

    def _stop_in(self, text: str) -> int | None:
        """Return where the next turn begins in an answer; at its beginning, the line's end before it may be missing."""
        if text.lstrip().startswith(tuple(stop.lstrip() for stop in self.stops)):
            return 0
        return min((text.index(stop) for stop in self.stops if stop in text), default=None)

    def _is_long(self, i: int) -> bool:
        thinker = self.thinkers[i]
        if thinker.is_thinking:
            return len(thinker.ids) >= self.n_thought[i]
        return len(thinker.said) >= self.n_tokens

    def _is_stopped(self, i: int) -> bool:
        return bool(self.stops) and any(stop in self._read(self.thinkers[i].said[-N_TAIL:]) for stop in self.stops)

    def _read(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def _text(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=False))
