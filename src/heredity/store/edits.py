"""Rows on their way out that change: an answer put in another's place, the sides of a pair exchanged.

In: a row as it stands in its file. Out: its bytes, all but the changed values as they were.
Does not: say which rows change, or read tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from heredity.ground.errors import InputError, RowError
from heredity.records.dialogue import Row
from heredity.store.containers import DELIMITERS, Span, container_of, ending_of
from heredity.store.lesson_marks import Unusable
from heredity.store.row_file import RowFile, is_parquet, mapped
from heredity.store.row_shapes import lesson_places, row_of
from heredity.store.shapes import PAIRS
from heredity.store.speech import Line
from heredity.store.splice import exchanged, respelled

Edit = Callable[[Path, Span], bytes]
"""Returns a row's bytes anew, from the file it stands in and the row."""


def answered_anew(answers: Sequence[str], columns: Mapping[str, str]) -> Edit:
    """Return what puts these answers in the place of a row's lessons, in order."""
    column = {field: name for name, field in columns.items()}

    def edit(path: Path, span: Span) -> bytes:
        raw = mapped(path, span.number, span.value(), columns)
        places = lesson_places(Line(path, span.number), raw)
        named = [(column.get(str(place[0]), place[0]), *place[1:]) for place in places]
        return respelled(span.data.decode(), dict(zip(named, answers, strict=True))).encode()

    return edit


def turned_round(columns: Mapping[str, str]) -> Edit:
    """Return what exchanges the sides of a pair."""
    column = {field: name for name, field in columns.items()}
    sides = [(column.get(field, field),) for field in ("chosen", "rejected")]
    return lambda _, span: exchanged(span.data.decode(), *sides).encode()


def require_pairs(file: RowFile, shapes: Iterable[str]) -> None:
    """Raise InputError, before any work is done, unless every row is a pair whose sides can be exchanged."""
    other = next((shape for shape in shapes if shape != PAIRS), None)
    if other is not None:
        raise InputError(f"{file.name} holds rows of another shape than pairs ({other}): there is nothing to swap")
    require_json(file, "--swap")


def require_changeable(file: RowFile) -> None:
    """Raise InputError, before any work is done, for a kind of file or a row whose answers cannot be changed alone."""
    require_json(file, "--replace")
    for shard in file.shards:
        with closing(container_of(shard).spans()) as spans:
            for span in spans:
                _require_places(shard, span, file.asked.columns)


def _require_places(path: Path, span: Span, columns: Mapping[str, str]) -> None:
    try:
        raw = mapped(path, span.number, span.value(), columns)
        if isinstance(row_of(path, span.number, raw)[0], Row):
            lesson_places(Line(path, span.number), raw)
    except RowError:
        return  # it is left out and counted, as ever
    except Unusable as error:
        raise RowError(
            path, span.number, f"{error}, and cannot be changed alone; leave --replace out, or take such rows out first"
        ) from error


def require_json(file: RowFile, option: str) -> None:
    """Raise InputError for a file in which rows are no JSON."""
    for shard in file.shards:
        if is_parquet(shard) or ending_of(shard)[0] in DELIMITERS:
            raise InputError(f"{option} changes rows of JSON, and {shard.name} is a table; save it as JSONL first")
