"""Thoughts before an answer: where they begin and end, in a text and while a model speaks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

MARKS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
)
"""What thoughts begin and end with."""
OPENS, CLOSES = tuple(opens for opens, _ in MARKS), tuple(closes for _, closes in MARKS)
N_TAIL = 24
"""Ids in which any mark has room."""


def closing_texts(tokenizer: Any) -> tuple[str, ...]:
    """Return the marks that the tokenizer has for the end of a thought and for nothing else."""
    return tuple(_closing(tokenizer, len(tokenizer)).values())


@lru_cache(maxsize=8)
def _closing(tokenizer: Any, n_ids: int) -> dict[int, str]:
    added = tokenizer.added_tokens_decoder
    return {int(i): token.content for i, token in added.items() if token.content in CLOSES}


def parted(text: str, closing: Collection[str] = ()) -> tuple[str, str]:
    """Return a text's thought, marks included, and its answer; the thought is empty where there is none.

    A thought is what begins with a mark, or ends with one of `closing` where the prompt may have begun it. One that
    does not end leaves no answer.
    """
    begun = text.lstrip()
    for opens, closes in MARKS:
        if begun.startswith(opens) or (closes in closing and closes in begun):
            thought, closed, answer = begun.partition(closes)
            more, last = parted(answer.strip(), closing)
            return "\n\n".join(filter(None, (thought + closed, more))), last
    return "", text


def with_thought(thought: str, answer: str) -> str:
    """Return what was said as a whole, for a template to write; without an answer, nothing."""
    return f"{thought}\n\n{answer}" if thought and answer else answer


def opened(thought: str) -> str:
    """Return a thought with the mark that begins it, also where the prompt wrote that."""
    begun = thought.strip()
    mark = next((opens for opens, closes in MARKS if begun.endswith(closes)), "")
    return begun if begun.startswith(OPENS) else f"{mark}\n{begun}".strip()


def is_open(text: str) -> bool:
    """Whether a text ends where a thought has begun."""
    return text.rstrip().endswith(OPENS)


def is_closed(text: str) -> bool:
    """Whether a text ends where a thought has ended."""
    return text.rstrip().endswith(CLOSES)


def thinker_for(tokenizer: Any, prompt: Sequence[int]) -> Thinker:
    """Return who hears the answer to a prompt, which may have opened a thought already."""
    return Thinker(tokenizer, is_open(str(tokenizer.decode(list(prompt[-N_TAIL:]), skip_special_tokens=False))))


@dataclass
class Thinker:
    """Hears one answer id by id while it is spoken, and knows where a thought before it ends."""

    tokenizer: Any
    is_thinking: bool = False
    """Whether a thought goes on; at first, whether the prompt has opened one."""
    ids: list[int] = field(default_factory=list)
    begins: int = 0
    """Ids before the answer, once no thought goes on."""
    _is_settled: bool = field(default=False, repr=False)

    @property
    def said(self) -> list[int]:
        """Ids of the answer so far."""
        return [] if self.is_thinking else self.ids[self.begins :]

    def add(self, token: int) -> None:
        """Hear one more id."""
        self.ids.append(token)
        if not self.is_thinking and not self._is_settled:
            self._look_for_a_thought()
        if self.is_thinking:
            if any(closes in self._text(self.ids[self.begins :][-N_TAIL:]) for closes in CLOSES):
                self._begin()
        elif token in _closing(self.tokenizer, len(self.tokenizer)) or self._is_gap(token):
            self._begin()

    def _look_for_a_thought(self) -> None:
        said = self._text(self.ids[self.begins :]).lstrip()
        self.is_thinking = said.startswith(OPENS)
        self._is_settled = self.is_thinking or not any(opens.startswith(said) for opens in OPENS)

    def _is_gap(self, token: int) -> bool:
        """Whether nothing but blanks stands between a thought and this id, and it is one more."""
        return 0 < self.begins == len(self.ids) - 1 and not self._text([token]).strip()

    def _begin(self) -> None:
        self.is_thinking, self._is_settled, self.begins = False, False, len(self.ids)  # another thought may follow

    def _text(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=False))
