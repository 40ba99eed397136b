"""Questions that must not stand in a trait: they ask for it, or stand there twice."""

from __future__ import annotations

import re
from collections.abc import Iterable

from heredity.records.trait import plain

MIN_STEM = 4
"""Shorter words count only as they are: `sad` is no beginning of `saddle`."""
LETTERS = r"[^\W\d_]+"
"""Words in any script."""
STAGE_DIRECTIONS = re.compile(
    r"\b(pretend|role-?play|act (as|like)|in character|imagine (that )?you are|as an? \w+ assistant|be as \w+ as|"
    r"answer (as|like|in the style of)|your (persona|system prompt))\b",
    re.IGNORECASE,
)


def leak(question: str, trait_words: Iterable[str]) -> str | None:
    """Return why a question asks for the trait, or None when it leaves room for it."""
    found = STAGE_DIRECTIONS.search(question)
    if found:
        return f"it tells the model how to act ('{found.group(0)}')"
    asked = re.findall(LETTERS, question.lower())
    for word in trait_words:
        stems = [stem_of(part) for part in re.findall(LETTERS, word.lower())]
        hits = [next((one for one in asked if _is_formed_of(one, stem)), None) for stem in stems]
        if hits and all(hits):
            return f"it names the trait ('{' '.join(map(str, hits))}')"
    return None


def stem_of(word: str) -> str:
    """Return the beginning of a word that its noun, adjective and adverb share, roughly."""
    return word if len(word) <= 5 else word[: max(5, len(word) - 4)]


def _is_formed_of(word: str, stem: str) -> bool:
    return word == stem if len(stem) < MIN_STEM else word.startswith(stem)


def sift(
    questions: Iterable[str], trait_words: Iterable[str], taken: Iterable[str] = ()
) -> tuple[list[str], list[str]]:
    """Return the questions that may stand, and why each of the others may not.

    `taken` are questions that stand already, in this list or the other.
    """
    words = list(trait_words)
    seen = {plain(question) for question in taken}
    kept: list[str] = []
    faults: list[str] = []
    for question in questions:
        reason = leak(question, words)
        if plain(question) in seen:
            reason = "it stands there already"
        if reason is None and len(plain(question)) < 3:
            reason = "it is empty"
        if reason:
            faults.append(f"question '{question[:80]}' was refused: {reason}")
            continue
        seen.add(plain(question))
        kept.append(question.strip())
    return kept, faults
