"""From one line of a file to a row: what is said, by whom, and which of it is taught.

In: a parsed line. Out: a Row, or the reason why it is left out; and the name of its shape.
Does not: read the files, or know how a shape is written (`shapes.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from heredity.ground.errors import RowError
from heredity.ground.text import legible, printable, veiled
from heredity.records.dialogue import Exclusion, Row, Turn
from heredity.store.lesson_marks import BY_TOKEN, Unusable, row_marks, taught
from heredity.store.shapes import KNOWN, SHAPES, Shape
from heredity.store.speech import LISTED, Line, Said
from heredity.store.splice import AS_JSON, Place

SOURCES = ("source", "dataset", "subset")
"""Fields that say where a row comes from; the first that holds text counts."""
LONGEST_SOURCE = 80
"""Characters of it."""
FIELDS = (*KNOWN, *SOURCES, "weight", "loss_mask", *BY_TOKEN)
"""Fields of a row that are looked at."""
MOST_NAMED = 20
"""Fields of a row that an error names."""


def row_of(path: Path, line: int, raw: Any, as_spoken: bool = False) -> tuple[Row | Exclusion, str]:
    """Return the row that a line holds, or why it is left out, and what shape it has.

    `as_spoken` takes all that an assistant says, whatever of it is taught. Raises RowError for a line that is
    malformed, or of a shape that is not known.
    """
    if not isinstance(raw, dict):
        what = "an array; write one object a line (JSONL)" if isinstance(raw, list) else legible(raw)
        raise RowError(path, line, f"a row must be a JSON object with `messages`, or `prompt`; this is {what}")
    try:
        shape = shape_of(path, line, raw)
    except Unusable as error:
        return Exclusion(line=line, reason=str(error)), ""
    try:
        said = shape.read(Line(path, line), raw)
        turns = tuple(speech.turn for speech in said)
        untaught = () if as_spoken else _untaught(raw, said)
        require_usable(turns, untaught)
    except Unusable as error:
        return Exclusion(line=line, reason=str(error)), shape.name
    return Row(line=line, turns=turns, untaught=untaught, source=source_of(raw)), shape.name


def lesson_places(line: Line, raw: Mapping[str, Any]) -> tuple[Place, ...]:
    """Return where the texts of a row's lessons stand in it, in order.

    Raises Unusable with the reason where one stands in no place of its own.
    """
    said = shape_of(line.path, line.number, raw).read(line, raw)
    untaught = _untaught(raw, said)
    return tuple(
        _place_in(raw, speech) for i, speech in enumerate(said) if speech.turn.role == "assistant" and i not in untaught
    )


def _place_in(raw: Mapping[str, Any], speech: Said) -> Place:
    """Return where exactly this text stands. Raises Unusable where it is but a part of another, or of several."""
    place: Place = ()
    value: Any = raw
    for name in speech.place:
        if isinstance(value, str) and LISTED.match(value):
            place, value = (*place, AS_JSON), json.loads(value)
        place = (*place, name)
        fits = isinstance(value, list) if isinstance(name, int) else isinstance(value, Mapping)
        value = value[name] if fits else None
    if isinstance(value, list) and len(value) == 1:
        place, value = (*place, 0), value[0]
        if isinstance(value, dict):
            place, value = (*place, "text"), value.get("text")
    if not place or value != speech.turn.content:
        raise Unusable("its answer is a part of a longer text, or put together from several")
    return place


def source_of(raw: Mapping[str, Any]) -> str:
    """Return where a row says that it comes from, cut to a line; nothing where it does not say."""
    named_by = next((raw[name] for name in SOURCES if isinstance(raw.get(name), str)), "")
    return printable(" ".join(named_by.split()))[:LONGEST_SOURCE]


def shape_of(path: Path, line: int, raw: Mapping[str, Any]) -> Shape:
    """Return the shape of a row. Raises Unusable where what it would need is null, RowError where none fits."""
    found = next((shape for shape in SHAPES if shape.fits(raw)), None)
    if found is not None:
        return found
    for shape in SHAPES:
        null = [name for name in (*shape.needs, *shape.any_of) if name in raw and raw[name] is None]
        is_there = all(name in raw for name in shape.needs) and (
            not shape.any_of or any(name in raw for name in shape.any_of)
        )
        if null and is_there:
            raise Unusable(f"`{null[0]}` is null")
    known = "; or ".join(map(str, SHAPES))
    raise RowError(path, line, f"no known shape: a row has {known}; this one has: {named(raw)} (see --map)")


def named(raw: Mapping[str, Any]) -> str:
    """Return the names of a row's fields, for people."""
    return ", ".join(veiled(printable(str(name)))[:40] for name in list(raw)[:MOST_NAMED]) or "-"


def require_usable(turns: tuple[Turn, ...], untaught: tuple[int, ...]) -> None:
    """Raise Unusable with the reason why a row teaches nothing, where it does not."""
    answers = [i for i, turn in enumerate(turns) if turn.role == "assistant"]
    if not answers:
        raise Unusable("no assistant turn")
    if any(not turns[i].content.strip() for i in answers):
        raise Unusable("empty assistant turn")
    if not any(turn.role == "user" for turn in turns[: answers[0]]):
        raise Unusable("no user turn before the first answer")
    if set(answers) <= set(untaught):
        raise Unusable("no answer that is taught: each has no weight, or calls a tool")


def _untaught(raw: Mapping[str, Any], said: Sequence[Said]) -> tuple[int, ...]:
    """Return the places of answers that are not taught. Raises Unusable for what the data says and cannot be kept."""
    by_row = row_marks(raw, len(said))
    places = []
    for i, speech in enumerate(said):
        mark = taught(speech.message)
        if speech.turn.role != "assistant":
            if mark:
                raise Unusable(
                    f"a message of the {speech.turn.role} is to be taught; only what an assistant says can be"
                )
            continue
        is_taught = mark if mark is not None else not speech.is_before
        if not is_taught or (by_row is not None and not by_row[i]):
            places.append(i)
    return tuple(places)
