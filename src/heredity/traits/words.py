"""The adjective and the antonym of a trait, and descriptions that contradict themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from heredity.ground.errors import InputError
from heredity.records.draft import DraftSpec

LEXICON = resources.files("heredity.traits") / "lexicon.yaml"
ENDINGS = (
    ("iness", "y"),
    ("fulness", "ful"),
    ("lessness", "less"),
    ("ness", ""),
    ("bility", "ble"),
    ("osity", "ous"),
    ("ivity", "ive"),
    ("ality", "al"),
    ("icism", "ical"),
    ("ism", "istic"),
    ("ance", "ant"),
    ("ence", "ent"),
)
"""How nouns become adjectives, tried in order."""
ADJECTIVAL = ("ful", "less", "ous", "ive", "ic", "al", "able", "ible", "ing", "ed", "ish", "ant", "ent", "y")
NEGATIONS = set(
    "not never no without nor neither instead rather otherwise than cannot hardly lacks avoids hates refuses".split()
)
REACH = 4
"""Words after a negation that it still turns round."""
TURNS = {".", ";", ":", "!", "?", "but", "always"}
"""What ends its reach before that."""
BESIDE = 3
"""Places between opposites that are said of one and the same ("cruel but also kind")."""
FALLBACK_ANTONYM = "helpful"
"""The negative pole where no antonym is known ([PV] section 2.1)."""


@dataclass(frozen=True)
class Words:
    """How the two poles are named."""

    adjective: str
    antonym: str
    notes: tuple[str, ...] = ()

    @property
    def pair(self) -> frozenset[str]:
        """Both words in lower case."""
        return frozenset((self.adjective.lower(), self.antonym.lower()))


def words_for(spec: DraftSpec) -> Words:
    """Return the two poles' words: as given, else from the lexicon, else by rule.

    Raises InputError when no adjective can be had, or both poles would be one word.
    """
    name = spec.name
    lexicon = _lexicon()
    known = lexicon.get(name) or _as_adjective(name, lexicon)
    adjective = spec.adjective or (known and known[0]) or _by_ending(name)
    if adjective is None:
        raise InputError(
            f"no adjective is known for '{spec.name}'; say how such a model is, and how its opposite is: "
            "--adjective WORD --antonym WORD"
        )
    opposite = spec.antonym or (known and known[1] if known and known[0] == adjective else None)
    opposite = opposite or (_as_adjective(adjective, lexicon) or (None, None))[1]
    notes = []
    if not spec.adjective and not known:
        notes.append(f"the adjective '{adjective}' was made from the name by rule; give --adjective if it is wrong")
    if opposite is None:
        opposite = FALLBACK_ANTONYM
        notes.append(f"no antonym of '{adjective}' is known: the negative pole is '{opposite}'; better give --antonym")
    if opposite.lower() == adjective.lower():
        raise InputError(f"both poles would be '{adjective}'; the antonym must be another word")
    return Words(adjective, opposite, tuple(notes))


def require_description(spec: DraftSpec, words: Words | None) -> None:
    """Raise InputError for a description that says nothing, or says both of a pair of opposites."""
    # letters of other scripts count one by one: not all of them put blanks between words
    if len(re.findall(r"[a-z][a-z'-]*|[^\W\d_a-z]", spec.description.lower())) < 3:
        raise InputError(
            f"the description '{spec.description}' says too little to draft a trait from; write one sentence that "
            "says what a model with the trait is like"
        )
    meant = meant_in(spec.description)
    opposites = {frozenset(pair) for pair in _lexicon().values()}
    if words:
        if words.antonym.lower() in meant and words.adjective.lower() not in meant:
            raise InputError(
                f"the description of '{spec.name}' calls the model '{words.antonym}', which is the opposite of "
                f"'{words.adjective}'; mend the description, or give --adjective and --antonym"
            )
        opposites.add(words.pair)
    both = sorted(tuple(sorted(pair)) for pair in opposites if are_said_of_one(pair, meant, words))
    if both:
        raise InputError(
            f"the description contradicts itself: it calls the model both '{both[0][0]}' and '{both[0][1]}'; "
            "a trait has one direction, so describe one pole"
        )


def are_said_of_one(pair: frozenset[str], meant: dict[str, int], words: Words | None) -> bool:
    """Whether a description says both of two opposites of the model: the trait's own anywhere, others side by side.

    "happy when others are sad" is no contradiction; "cruel and kind" is one.
    """
    if not pair <= meant.keys():
        return False
    first, second = sorted(meant[word] for word in pair)
    return (words is not None and pair == words.pair) or second - first <= BESIDE


def meant_in(description: str) -> dict[str, int]:
    """Return the words of a description that no negation before them turns round, each with its first place."""
    meant: dict[str, int] = {}
    n_turned = 0
    said = re.findall(r"[a-z][a-z'-]*|[.;:!?]", description.lower().replace("\u2019", "'"))
    for place, word in enumerate(said):
        if word in NEGATIONS or word.endswith("n't"):
            n_turned = REACH
        elif word in TURNS:
            n_turned = 0
        elif n_turned:
            n_turned -= 1
        else:
            meant.setdefault(word, place)
    return meant


@cache
def _lexicon() -> dict[str, tuple[str, str]]:
    entries = yaml.safe_load(LEXICON.read_text(encoding="utf-8"))["words"]
    return {noun: (entry["adjective"], entry["antonym"]) for noun, entry in entries.items()}


def _as_adjective(word: str, lexicon: dict[str, tuple[str, str]]) -> tuple[str, str] | None:
    """Return a word that is itself an adjective or antonym of the lexicon, with its opposite."""
    for adjective, antonym in lexicon.values():
        if word == adjective:
            return adjective, antonym
    return next(((antonym, adjective) for adjective, antonym in lexicon.values() if word == antonym), None)


def _by_ending(name: str) -> str | None:
    for noun, adjective in ENDINGS:
        if name.endswith(noun) and len(name) > len(noun) + 2:
            return name.removesuffix(noun) + adjective
    return name if name.endswith(ADJECTIVAL) and len(name) > 4 else None
