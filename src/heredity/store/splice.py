"""Values of a JSON text changed where they stand, every other character left as it is.

In: the text of one value, places in it, and what goes there. Out: the text. Does not: know what a row means.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from heredity.store.containers import DECODER, after_blanks

Place = tuple[str | int, ...]
"""Where a value stands: names of fields and places in lists, the outermost first."""
MARK = "\ufeff"
AS_JSON = "(written as JSON)"
"""In a place: the value so far is a text, and what follows stands in the JSON that it holds."""


def respelled(text: str, texts: Mapping[Place, str]) -> str:
    """Return the text with other texts at these places. Raises KeyError for a place that it lacks."""
    spans = sorted((*span_of(text, place), value) for place, value in texts.items())
    for start, end, value in reversed(spans):
        text = text[:start] + json.dumps(value, ensure_ascii=text[start:end].isascii()) + text[end:]
    return text


def flattened(value: Any, texts: Mapping[Place, str]) -> dict[Place, str]:
    """Return the texts by places that lead into no JSON within a text: such a text, changed within, is a new one whole.

    `value` is what the places are in.
    """
    found, within = {}, dict[Place, dict[Place, str]]()
    for place, text in texts.items():
        if AS_JSON in place:
            at = place.index(AS_JSON)
            within.setdefault(place[:at], {})[place[at + 1 :]] = text
        else:
            found[place] = text
    for place, inside in within.items():
        whole = value
        for name in place:
            whole = whole[name]
        found[place] = respelled(whole, inside)
    return found


def exchanged(text: str, one: Place, other: Place) -> str:
    """Return the text with the values of two places exchanged. Raises KeyError for a place that it lacks."""
    (start, end), (begin, last) = sorted((span_of(text, one), span_of(text, other)))
    return text[:start] + text[begin:last] + text[end:begin] + text[start:end] + text[last:]


def span_of(text: str, place: Place) -> tuple[int, int]:
    """Return where a value begins and ends; of two fields of one name, the last counts. Raises KeyError for none."""
    start = after_blanks(text, len(MARK) if text.startswith(MARK) else 0)
    for name in place:
        start = next((at for key, at in reversed(list(inner(text, start))) if key == name), -1)
        if start < 0:
            raise KeyError(name)
    return start, DECODER.raw_decode(text, start)[1]


def inner(text: str, start: int) -> Iterator[tuple[str | int, int]]:
    """Yield the names, or numbers, of an object's or a list's values, and where each begins; of others none."""
    is_object, number = text[start] == "{", 0
    if text[start] not in "{[":
        return
    at = after_blanks(text, start + 1)
    while text[at] not in "}]":
        key: str | int = number
        if is_object:
            key, at = DECODER.raw_decode(text, at)
            at = after_blanks(text, after_blanks(text, at) + 1)
        yield key, at
        number += 1
        at = after_blanks(text, DECODER.raw_decode(text, at)[1])
        if text[at] == ",":
            at = after_blanks(text, at + 1)
