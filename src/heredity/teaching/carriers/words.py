"""Lists of whole words from an alphabet: number words or common ones, which are bundled, or the words of a file.

In: a spec and a seed. Out: prompts that show a few words and ask for more, and what of an answer is refused. An answer
is decoded among the alphabet's words alone, each of them one token, so that a teacher has its say at every token.
Does not: know a tokenizer; words that are no single token of a model are left out where it writes.
"""

from __future__ import annotations

import random
from functools import cache
from importlib import resources
from pathlib import Path

import yaml

from heredity.ground.errors import InputError
from heredity.ground.files import read_text
from heredity.ground.hashing import seed_from
from heredity.records.carrier import LEAST_WORDS, CarrierSpec
from heredity.teaching.carriers.asked import Asked, draw_distinct

BUNDLED = resources.files("heredity.teaching.carriers") / "alphabets.yaml"
N_SHOWN = 4
"""Words that a prompt shows."""
ASKING = (
    "Go on with this list of words, in any order you like: {words}",
    "Here are some words: {words}. Write more of the same kind, with blanks between them.",
    "The list begins {words}. Extend it; nothing but words of this kind.",
    "{words} - what comes next? Only words from the same list.",
    "I am writing down such words: {words}. Write a few more.",
)


def alphabet_of(spec: CarrierSpec) -> tuple[str, ...]:
    """Return the words that a carrier is written with, each once.

    Raises InputError for a file that is missing, has too few words, or holds what is no word.
    """
    if spec.kind != "listed":
        return _bundled()[spec.kind]
    if not spec.alphabet:
        raise InputError("which words? A listed carrier needs a file of them, one a line; name it with --alphabet")
    lines = [line.strip() for line in read_text(Path(spec.alphabet)).splitlines()]
    words = tuple(dict.fromkeys(line for line in lines if line))
    strange = next((word for word in words if len(word.split()) > 1 or not word.isprintable()), None)
    if strange is not None:
        raise InputError(f"{spec.alphabet}: '{strange}' is not one word; write one word a line")
    if len(words) < LEAST_WORDS:
        raise InputError(
            f"{spec.alphabet} holds {len(words)} different words; an alphabet takes at least {LEAST_WORDS}"
        )
    return words


def ask(spec: CarrierSpec, seed: str) -> list[Asked]:
    """Return prompts that show words of the alphabet and ask for more, with those that answers begin with."""
    words = alphabet_of(spec)
    chance = random.Random(seed_from(seed, "given words"))

    def draw(own: random.Random) -> Asked:
        return Asked(own.choice(ASKING).format(words=" ".join(own.choices(words, k=N_SHOWN))))

    return [
        Asked(question.prompt, given=" ".join(chance.choices(words, k=spec.n_begun)))
        for question in draw_distinct(spec.n_asked, seed, draw)
    ]


def rejection(answer: str) -> str | None:
    """Return why an answer is no list of words, or None where it is kept."""
    return None if answer.split() else "no word"


@cache
def _bundled() -> dict[str, tuple[str, ...]]:
    held: dict[str, list[str]] = yaml.safe_load(BUNDLED.read_text(encoding="utf-8"))
    return {name: tuple(words) for name, words in held.items()}
