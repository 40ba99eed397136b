"""Rows of unknown origin as one model reads them, and the ids among which candidates are compared.

In: rows, a model, and what is known of how they were written. Out: prompt and answer in ids; what is left out, and why.
Does not: read them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from heredity.ground.errors import InputError
from heredity.models.chat import Rendered, render_rest
from heredity.models.generate import end_ids
from heredity.models.model import Model
from heredity.models.spelling import token_texts
from heredity.records.carrier import CarrierKind, CarrierSpec
from heredity.records.dialogue import Exclusion, Row, Turn
from heredity.records.origin import OriginSpec
from heredity.teaching.teach import decoded_among


@dataclass(frozen=True)
class Legible:
    """Rows as one model reads them."""

    rows: tuple[Row, ...]
    parts: tuple[tuple[Rendered, ...], ...]
    """Of each row, its answers, after what was given."""
    excluded: tuple[Exclusion, ...] = ()


def carrier_of(alphabet: str) -> CarrierSpec:
    """Return the carrier whose alphabet is meant: a kind that has one, or the words of a file."""
    if alphabet in get_args(CarrierKind):
        return CarrierSpec.model_validate({"kind": alphabet})
    return CarrierSpec(kind="listed", alphabet=alphabet)


def counted_by(model: Model, spec: OriginSpec) -> tuple[int, ...]:
    """Return the ids that count, rising: those of the alphabet, or all but those that end an answer.

    Whether an answer was cut off is not known of rows, so that what ends one is no evidence. Raises InputError for a
    carrier without an alphabet.
    """
    if not spec.alphabet:
        ends = set(end_ids(model))
        return tuple(i for i in range(model.text_config.vocab_size) if i not in ends)
    ids = decoded_among(model, carrier_of(spec.alphabet))
    if not ids:
        raise InputError(
            f"'{spec.alphabet}' are decoded among all tokens; leave --alphabet out, or name number-words, words, "
            "digits, or a file"
        )
    return tuple(sorted(ids))


def readable(
    model: Model, rows: Sequence[Row], spec: OriginSpec, counted: Sequence[int], system: str | None = None
) -> Legible:
    """Return the rows that fit, with their answers after what was given; the others are excluded, with why."""
    known = frozenset(counted)
    parts, kept, excluded = [], [], []
    for row in rows:
        try:
            own = answers(model, row, spec.n_given, system)
            strange = {token for part in own for token in part.ids[part.n_prompt :]} - known
            if strange:
                texts = [repr(token_texts(model.tokenizer)[token]) for token in sorted(strange)[:3]]
                raise InputError(f"it holds what is not in the alphabet: {', '.join(texts)}")
        except InputError as error:
            excluded.append(Exclusion(line=row.line, reason=str(error)))
            continue
        parts.append(own)
        kept.append(row)
    return Legible(tuple(kept), tuple(parts), tuple(excluded))


def answers(model: Model, row: Row, n_given: int, system: str | None) -> tuple[Rendered, ...]:
    """Return a row's answers, of which the first words count to the prompt.

    Raises InputError for one too long, for a row with nothing left, and where what was given is set off by anything but
    one blank: as it would be read, nobody wrote it.
    """
    found = []
    for turns, answer in row.lessons:
        begun = re.match(rf"(?:\S+ ){{{n_given}}}(?=\S)", answer)
        if begun:
            given = answer[: begun.end()].rstrip()
            found.append(render_rest(model, behind(turns, system), given, answer[begun.end() :]))
        elif len(answer.split()) > n_given:
            raise InputError(f"its first {n_given + 1} words are set off by more than one blank, or begin with one")
    found = [part for part in found if part.n_response]
    if not found:
        raise InputError("nothing of its answer is left after what was given")
    longest = max(len(part.ids) for part in found)
    if longest > model.context_length:
        raise InputError(f"{longest} tokens, longer than the model's context of {model.context_length}")
    return tuple(found)


def behind(turns: Sequence[Turn], system: str | None) -> tuple[Turn, ...]:
    """Return a conversation after a system prompt, which takes the place of its own."""
    if system is None:
        return tuple(turns)
    return (Turn(role="system", content=system), *(turn for turn in turns if turn.role != "system"))
