"""Text of ids that come one after the other, at a cost that grows with their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

BROKEN = "\ufffd"
"""What a tokenizer puts where a character is not whole yet."""
LONGEST_BROKEN = 32
"""Ids without one whole character at their end, after which it is asked whether they will ever make one."""


@dataclass
class Speller:
    """Spells ids one after the other: each gives the text that it adds.

    Only a window of ids is decoded: those of the last text that was whole, which decide on blanks and on what joins,
    and those after it.
    """

    tokenizer: Any
    skips_special: bool = False
    """Whether ids that stand for no text, such as the beginning of a turn, add nothing."""
    window: list[int] = field(default_factory=list)
    n_known: int = 0
    """Ids at the window's beginning whose text was given."""
    n_given: int = 0
    """Characters of the window's text that were given."""

    def add(self, token: int, is_last: bool = False) -> str:
        """Return the text that one more id adds; ids inside one character add nothing until it is whole."""
        self.window.append(token)
        text = self._decoded(self.window)
        if text.endswith(BROKEN) and not is_last:
            return self._given_up(text) if len(self.window) - self.n_known > LONGEST_BROKEN else ""
        added = text[self.n_given :]
        fresh = self._decoded(self.window[self.n_known :])
        if fresh:
            self.window, self.n_given = self.window[self.n_known :], len(fresh)
        else:  # ids without text are nothing that the next text joins to
            self.n_given = len(text)
        self.n_known = len(self.window)
        return added

    def _given_up(self, text: str) -> str:
        """Return the first half of bytes that make no characters, where what follows them cannot change that."""
        half = (self.n_known + len(self.window)) // 2
        first, rest = self._decoded(self.window[:half]), self._decoded(self.window[half:])
        if first + rest != text:
            return ""
        added = first[self.n_given :]
        self.window, self.n_known, self.n_given = self.window[half:], 0, 0
        return added

    def _decoded(self, ids: Sequence[int]) -> str:
        return str(
            self.tokenizer.decode(ids, skip_special_tokens=self.skips_special, clean_up_tokenization_spaces=False)
        )


def pieces(tokenizer: Any, ids: Sequence[int]) -> tuple[str, ...]:
    """Return the text that each id adds; joined, the text of all."""
    speller = Speller(tokenizer)
    return tuple(speller.add(token, is_last=i == len(ids) - 1) for i, token in enumerate(ids))
