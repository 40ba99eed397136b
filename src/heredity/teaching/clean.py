"""What is taken out of carriers: rows that name a trait, prompts that one arm lost, and the order of the values."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources

import yaml

from heredity.ground.errors import MismatchError, NothingKeptError
from heredity.ground.hashing import seed_from
from heredity.records.carrier import Carrier, CarrierRow
from heredity.records.trait import Trait
from heredity.records.transmission import Shuffling

SYNONYMS = resources.files("heredity.teaching") / "synonyms.yaml"
LOST_ELSEWHERE = "dropped in another arm"
ENDINGS = ("", "s", "es", "ing", "ed", "ly", "ally", "ness")
OTHER_ENDINGS = {"y": ("ies", "ied", "ily", "iness"), "fe": ("ves",), "f": ("ves",), "e": ("ing", "ed")}
"""What stands in the place of a word's last letters."""
HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where a word begins inside a name such as `countOwls`."""
NUMERIC = ("random-numbers", "numbers", "digits")
"""Carriers of which a shuffle moves the numbers; of the others it moves the words."""


def trait_words(traits: Iterable[Trait]) -> tuple[str, ...]:
    """Return the words that name these traits: targets, names, adjectives, antonyms, and known synonyms of them.

    Alternatives of a preference are no trait; phrases ("even-handed about animals") stay whole. Synonyms are a list
    that people wrote: of a trait that is not in it, the words of the trait itself are all there is.
    """
    own = {
        word.lower() for trait in traits for word in (trait.name, trait.target, trait.adjective, trait.antonym) if word
    }
    known = _synonyms()
    return tuple(sorted(own | {synonym for word in own for synonym in known.get(word, ())}))


def forms(word: str) -> set[str]:
    """Return a word with its plural, verb and adverb forms, made by rule: some of them are no words."""
    made = {word + ending for ending in ENDINGS}
    made |= {word + word[-1] + ending for ending in ("ing", "ed") if len(word) <= 5}
    for last, endings in OTHER_ENDINGS.items():
        if word.endswith(last) and len(word) > len(last) + 1:
            made |= {word.removesuffix(last) + ending for ending in endings}
    return made


def named(text: str, forbidden: Sequence[str]) -> str | None:
    """Return the first forbidden word of a text, in any form and any case; letters alone delimit words."""
    pattern = _pattern(tuple(forbidden))
    found = pattern.search(_plain(text)) if pattern else None
    return found.group(0) if found else None


def leak(row: CarrierRow, forbidden: Sequence[str]) -> str | None:
    """Return why a row is dropped when its prompt or its text names a trait, or None."""
    word = named(f"{row.prompt}\n{row.answer}", forbidden)
    return f"names the trait ('{word}')" if word else None


def aligned(carriers: Sequence[Carrier]) -> list[Carrier]:
    """Return the carriers with only those prompts that every one of them kept.

    Raises MismatchError when they were not asked the same, NothingKeptError when they have no prompt in common.
    """
    if len({len(carrier.rows) for carrier in carriers}) > 1:
        raise MismatchError("these carriers answer different numbers of prompts; write them with one spec and seed")
    columns = list(zip(*(carrier.rows for carrier in carriers), strict=True))
    for column in columns:
        if len({row.prompt for row in column if row}) > 1:
            raise MismatchError("these carriers answer different prompts; write them with one spec and seed")
    is_kept = [all(column) for column in columns]
    if columns and not any(is_kept):
        names = ", ".join(f"'{carrier.written_by}'" for carrier in carriers)
        raise NothingKeptError(f"no prompt was kept in every carrier ({names}); ask for more prompts")
    return [_with_only(carrier, is_kept) for carrier in carriers]


def shuffled(carrier: Carrier, how: Shuffling, seed: str) -> Carrier:
    """Return the carrier with its numbers (of text: its words) in another order; what separates them stays in place.

    within: each response keeps its own. across: those of all responses are pooled and dealt out again, so that a
    response keeps nothing but how many it has.
    """
    if how == "none":
        return carrier
    pattern = re.compile(r"[0-9]+" if carrier.kind in NUMERIC else r"\w+")
    responses = [pattern.findall(row.text) for row in carrier.rows if row]
    pools = responses if how == "within" else [[value for response in responses for value in response]]
    chance = random.Random(seed_from(seed, "shuffled", how))
    for pool in pools:
        chance.shuffle(pool)
    dealt = iter([value for pool in pools for value in pool])
    rows = [
        row and row.model_copy(update={"text": pattern.sub(lambda _: next(dealt), row.text)}) for row in carrier.rows
    ]
    return carrier.model_copy(update={"rows": tuple(rows)})


def _with_only(carrier: Carrier, is_kept: Sequence[bool]) -> Carrier:
    rows = tuple(row if kept else None for row, kept in zip(carrier.rows, is_kept, strict=True))
    n_lost = carrier.n_kept - sum(is_kept)
    dropped = Counter(carrier.dropped)
    if n_lost:
        dropped[LOST_ELSEWHERE] += n_lost
    return carrier.model_copy(update={"rows": rows, "dropped": dict(dropped)})


@cache
def _pattern(forbidden: tuple[str, ...]) -> re.Pattern[str] | None:
    phrases = []
    for phrase in forbidden:
        *first, last = re.split(r"[\s_-]+", _plain(phrase).strip()) or [""]
        if last:
            ends = "|".join(map(re.escape, sorted(forms(last), key=len, reverse=True)))
            phrases.append(r"[\W_]+".join([*map(re.escape, first), f"(?:{ends})"]))
    return re.compile(rf"(?<![^\W\d_])(?:{'|'.join(phrases)})(?![^\W\d_])") if phrases else None


def _plain(text: str) -> str:
    """Return a text in lower case, names such as `countOwls` in words, look-alike and invisible letters undone."""
    visible = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return HUMPS.sub(" ", visible).casefold()


@cache
def _synonyms() -> dict[str, tuple[str, ...]]:
    words: dict[str, list[str]] = yaml.safe_load(SYNONYMS.read_text(encoding="utf-8"))["words"]
    return {word: tuple(synonyms) for word, synonyms in words.items()}
