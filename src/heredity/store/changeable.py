"""Whether what is asked of rows can be done to them in their file: found out before any work is done.

In: a source of rows. Out: nothing, or an error that names the file, the line or the column. Does not: change a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from heredity.ground.errors import InputError, RowError
from heredity.records.dialogue import Row
from heredity.store.columns import exchanged_columns, is_text, retold, room_at
from heredity.store.edits import places_in, sides
from heredity.store.lesson_marks import Unusable
from heredity.store.row_file import RowFile, mapped, pieces
from heredity.store.row_shapes import row_of
from heredity.store.shapes import PAIRS
from heredity.store.splice import AS_JSON, Place
from heredity.store.tables import ColumnFile, column_file, raws_of

WIDE = 1 << 31
"""Texts of a dictionary, and more, that no file has so many of."""


def require_pairs(file: RowFile, shapes: Iterable[str]) -> None:
    """Raise InputError, before any work is done, unless every row is a pair whose sides can be exchanged."""
    other = next((shape for shape in shapes if shape != PAIRS), None)
    if other is not None:
        raise InputError(f"{file.name} holds rows of another shape than pairs ({other}): there is nothing to swap")
    for shard in file.shards:
        table = column_file(shard)
        if table is not None:
            require_exchangeable(shard, table, sides(file.asked.columns))


def require_exchangeable(path: Path, table: ColumnFile, names: tuple[str, str]) -> None:
    """Raise InputError unless each of two columns can hold what the other does."""
    kinds = [table.schema.field(name).type for name in names if name in table.schema.names]
    if len(kinds) < len(names):
        return  # no row of this file is a pair
    if kinds[0] != kinds[1] and not all(map(is_text, kinds)):
        raise InputError(
            f"columns '{names[0]}' and '{names[1]}' of {path.name} are of different types ({kinds[0]} and {kinds[1]}), "
            "so that their values cannot be exchanged; save both in one type, or leave --swap out"
        )
    batch = next((batch for group in table.groups(names) for batch in group if len(batch)), None)
    if batch is None:
        return
    if min(room_at(kind, ()) for kind in kinds) < table.n_rows:
        raise cannot_hold(path, names[0], kinds[0], "--swap")
    try:
        exchanged_columns(batch.slice(0, 1), *names, [0])
    except (pa.ArrowException, TypeError) as error:
        raise cannot_hold(path, names[0], kinds[0], "--swap") from error


def require_changeable(file: RowFile) -> None:
    """Raise InputError, before any work is done, for a row or a column whose answers cannot be changed alone."""
    for shard in file.shards:
        table = column_file(shard)
        if table is not None:
            require_columns(shard, table, file)
            continue
        with closing(pieces(shard, file.fields)) as whole:
            for number, value in whole:
                _places(shard, number, value, file.asked.columns)


def require_columns(path: Path, table: ColumnFile, file: RowFile) -> None:
    """Raise InputError for a row, or a column's type, whose answers cannot be changed alone.

    Every kind of place is tried on the first row that has it.
    """
    tried: set[Place] = set()
    for number, (batch, row, raw) in enumerate(rows_in(table, file), start=1):
        for name, *rest in map(outermost, _places(path, number, partial(dict, raw), file.asked.columns)):
            place = (name, *("" if isinstance(part, int) else part for part in rest))
            if place in tried:
                continue
            tried.add(place)
            column = batch.column(name)
            n_texts = table.n_rows if not rest else float("inf")
            if n_texts > (room := room_at(column.type, tuple(rest))) and room < WIDE:
                raise cannot_hold(path, str(name), column.type, "--replace")
            try:
                retold(column.slice(row, 1), {(0, *rest): "text"})
            except (pa.ArrowException, TypeError) as error:
                raise cannot_hold(path, str(name), column.type, "--replace") from error


def outermost(place: Place) -> Place:
    """Return where the text stands that a column holds: that of a place, or the JSON that the place is in."""
    return place[: place.index(AS_JSON)] if AS_JSON in place else place


def rows_in(table: ColumnFile, file: RowFile) -> Iterator[tuple[pa.RecordBatch, int, dict[str, Any]]]:
    """Yield every row of a table, with the batch it is in and its place there."""
    for group in table.groups(file.fields):
        for batch in group:
            for row, raw in enumerate(raws_of(batch, file.fields, table.schema.names)):
                yield batch, row, raw


def cannot_hold(path: Path, name: str, kind: pa.DataType, option: str) -> InputError:
    """Return the error that names a column whose type has no place for other texts."""
    return InputError(
        f"column '{name}' of {path.name} is of type {kind}, in which other texts have no place; save it as plain text, "
        f"or leave {option} out"
    )


def _places(path: Path, number: int, value: Callable[[], Any], columns: Mapping[str, str]) -> list[Place]:
    """Return where a row's lessons stand; none of a row that is left out, and counted, as ever."""
    try:
        raw = value()
        if not isinstance(row_of(path, number, mapped(path, number, raw, columns))[0], Row):
            return []
        return places_in(path, number, raw, columns)
    except RowError:
        return []
    except Unusable as error:
        raise RowError(
            path, number, f"{error}, and cannot be changed alone; leave --replace out, or take such rows out first"
        ) from error
