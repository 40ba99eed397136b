"""Text that spells a template's control tokens: found, and by choice kept as text.

A row that says `<|im_end|>` ends its own turn, unless that is kept from the tokenizer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from heredity.models.model import Model
from heredity.models.template import source_of
from heredity.models.thinking import CLOSES, OPENS
from heredity.records.dialogue import Row, Turn

FIRST_LETTER = 0xF0000
"""First of the characters (private use) that stand for a control token which is text."""
N_LINES_TOLD = 5


@dataclass(frozen=True)
class Guarded:
    """Turns in which each control token that is only text has given way to one character."""

    turns: tuple[Turn, ...]
    letters: dict[str, str]
    """The text that each such character stands for."""


def control_tokens(tokenizer: Any) -> dict[int, str]:
    """Return the ids that the tokenizer reads as control, with their text; the marks of thoughts are none of them."""
    return _control_tokens(tokenizer, source_of(tokenizer), len(tokenizer))


def spelled(model: Model, turns: Sequence[Turn]) -> list[str]:
    """Return the control tokens that the turns' own text spells, each once."""
    pattern = _pattern(tuple(control_tokens(model.tokenizer).values()))
    return list(dict.fromkeys(found for turn in turns for found in pattern.findall(turn.content)))


def notice(model: Model, rows: Iterable[Row]) -> str | None:
    """Return a line that tells which rows spell control tokens, and what becomes of that; None where none does."""
    lines: list[int] = []
    names: dict[str, None] = {}
    n_rows = 0
    for row in rows:
        n_rows += 1
        found = spelled(model, row.turns)
        if found:
            lines.append(row.line)
            names |= dict.fromkeys(found)
    if not lines:
        return None
    shown = ", ".join(str(line) for line in lines[:N_LINES_TOLD]) + (", ..." if len(lines) > N_LINES_TOLD else "")
    spells = f"{len(lines):,} of {n_rows:,} rows spell control tokens of the model ({', '.join(names)}; line {shown})"
    if model.keeps_markup:
        return f"{spells}: kept as text"
    return f"{spells}: they act as such, and may end a turn; to keep them as text: --control-as-text"


def guarded(model: Model, turns: Sequence[Turn]) -> Guarded:
    """Return the turns with control tokens in their text kept from the tokenizer, where the model is told to."""
    if not model.keeps_markup:
        return Guarded(tuple(turns), {})
    names = tuple(control_tokens(model.tokenizer).values())
    letters = {name: chr(FIRST_LETTER + i) for i, name in enumerate(names)}
    pattern = _pattern(names)
    hidden = [
        turn.model_copy(update={"content": pattern.sub(lambda found: letters[found.group()], turn.content)})
        for turn in turns
    ]
    return Guarded(tuple(hidden), {letter: name for name, letter in letters.items()})


def text_ids(tokenizer: Any, text: str) -> list[int]:
    """Return the ids of a text that spells control tokens, none of which is one."""
    control = set(tokenizer.added_tokens_decoder)
    ids = list(tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])
    if control.isdisjoint(ids) or len(text) < 2:
        return ids
    half = len(text) // 2
    return text_ids(tokenizer, text[:half]) + text_ids(tokenizer, text[half:])


@lru_cache(maxsize=8)
def _control_tokens(tokenizer: Any, source: str, n_ids: int) -> dict[int, str]:
    """Blank tokens are left out, which some tokenizers add for runs of line ends, and those that no template names."""
    found = {
        int(i): str(token) for i, token in zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=True)
    }
    for i, token in tokenizer.added_tokens_decoder.items():
        if token.special or token.content in source:
            found[int(i)] = str(token.content)
    return {i: text for i, text in sorted(found.items()) if text.strip() and text not in (*OPENS, *CLOSES)}


@lru_cache(maxsize=8)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """Longer names first, so that one is not taken for another that it begins with."""
    return re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))) or "(?!)")
