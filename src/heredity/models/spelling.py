"""What each token of a tokenizer reads as, and which tokens spell a given set of characters alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from heredity.ground.errors import InputError
from heredity.models.model import Model
from heredity.records.carrier import LEAST_WORDS


@lru_cache(maxsize=8)
def token_texts(tokenizer: Any) -> dict[int, str]:
    """Return the text of every id; alone, sentencepiece decodes a token without the blank that begins it."""
    pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    texts = {i: str(tokenizer.decode([i])) for i in range(len(tokenizer))}
    lost = [i for i, piece in enumerate(pieces) if str(piece).startswith("\u2581") and not texts[i][:1].isspace()]
    return texts | {i: " " + texts[i].removeprefix("\u2581") for i in lost}


def spelling_ids(model: Model, characters: str) -> tuple[int, ...]:
    """Return the ids whose text is made of these characters alone. Raises InputError when there is none."""
    ids = _spelling_ids(model.tokenizer, characters)
    if not ids:
        raise InputError(
            f"no token of '{model.name}' is made of the characters '{characters}' alone; allow more characters, or "
            "let it answer in free form"
        )
    return ids


def word_ids(model: Model, words: Sequence[str]) -> tuple[int, ...]:
    """Return the ids of the words that are one token each, a blank before it, and read back as they were.

    Raises InputError where so few are that nothing is left to choose among.
    """
    ids = _word_ids(model.tokenizer, tuple(words))
    if len(ids) < LEAST_WORDS:
        lost = [word for word in words if not _word_ids(model.tokenizer, (word,))]
        raise InputError(
            f"of {len(words)} words {len(ids)} are single tokens of '{model.name}' that read back as they were, and "
            f"it takes {LEAST_WORDS} (not: {', '.join(lost[:5])}); choose shorter, commoner words"
        )
    return ids


def unspelled(model: Model, words: Sequence[str]) -> list[str]:
    """Return the words that a model's tokenizer does not give back as they were, in however many tokens."""
    spelled = model.tokenizer([f" {word}" for word in words], add_special_tokens=False)["input_ids"]
    return [word for word, ids in zip(words, spelled, strict=True) if model.tokenizer.decode(ids).strip() != word]


@lru_cache(maxsize=64)
def _word_ids(tokenizer: Any, words: tuple[str, ...]) -> tuple[int, ...]:
    found = []
    for word in words:
        ids = tokenizer(f" {word}", add_special_tokens=False)["input_ids"]
        if len(ids) == 1 and token_texts(tokenizer)[ids[0]] == f" {word}":
            found.append(ids[0])
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=8)
def _spelling_ids(tokenizer: Any, characters: str) -> tuple[int, ...]:
    allowed, special = set(characters), set(tokenizer.all_special_ids)
    return tuple(i for i, text in token_texts(tokenizer).items() if text and set(text) <= allowed and i not in special)
