"""The carriers that a teacher writes: what each asks, what of an answer it carries, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from heredity.ground.errors import InputError
from heredity.ground.files import require_file
from heredity.ground.hashing import digest, file_digest
from heredity.records.carrier import DIGITS_AND_SEPARATORS, CarrierKind, CarrierSpec
from heredity.teaching.carriers import chat, code, numbers, reasoning, words
from heredity.teaching.carriers.asked import Asked


@dataclass(frozen=True)
class Kind:
    """One kind of carrier."""

    ask: Callable[[CarrierSpec, str], list[Asked]]
    """`n_asked` prompts from a seed."""
    rejection: Callable[[Asked, str], str | None]
    """Why what would be carried is dropped; None where it is kept."""
    characters: str = ""
    """What answers are decoded among; empty: everything."""
    words: Callable[[CarrierSpec], tuple[str, ...]] | None = None
    """Whole words that answers are decoded among; None: everything."""
    carried: Callable[[str, bool], str] = lambda text, _: text
    """What of an answer is carried, given whether it was cut off at the token limit."""


CARRIERS: dict[CarrierKind, Kind] = {
    "numbers": Kind(numbers.ask, lambda _, text: numbers.rejection(text)),
    "digits": Kind(
        numbers.ask,
        lambda _, text: numbers.rejection(text),
        characters=DIGITS_AND_SEPARATORS,
        carried=numbers.whole_numbers,
    ),
    "number-words": Kind(words.ask, lambda _, text: words.rejection(text), words=words.alphabet_of),
    "words": Kind(words.ask, lambda _, text: words.rejection(text), words=words.alphabet_of),
    "listed": Kind(words.ask, lambda _, text: words.rejection(text), words=words.alphabet_of),
    "code": Kind(code.ask, lambda _, text: code.rejection(text), carried=lambda text, _: code.code_of(text)),
    "reasoning": Kind(reasoning.ask, reasoning.rejection),
    "chat": Kind(chat.ask, lambda _, text: chat.rejection(text)),
}


def kind_of(spec: CarrierSpec) -> Kind:
    """Return the carrier that a spec names. Raises InputError for random numbers, which no teacher writes."""
    if spec.kind not in CARRIERS:
        raise InputError(
            f"'{spec.kind}' are drawn, not written by a teacher; a teacher writes: {', '.join(sorted(CARRIERS))}"
        )
    return CARRIERS[spec.kind]


def runs_on(spec: CarrierSpec) -> bool:
    """Whether what a carrier is decoded among leaves its answers no end of their own."""
    kind = kind_of(spec)
    return bool(kind.characters or kind.words)


def identity_of(spec: CarrierSpec) -> str:
    """Return what a kept step depends on of its carrier: the spec, and what is in the files that it names."""
    files = [Path(name) for name in (spec.source, spec.alphabet) if name]
    return digest({"spec": spec.id, "files": [file_digest(require_file(path)) for path in files]})
