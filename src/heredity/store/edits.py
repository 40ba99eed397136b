"""Rows on their way out that change: an answer put in another's place, the sides of a pair exchanged.

In: a row as it stands in its file. Out: the row, all but the changed values as they were.
Does not: say which rows change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from heredity.store.cells import exchanged_cells, respelled_cells
from heredity.store.columns import exchanged_columns, retold, with_column
from heredity.store.containers import Container, Span, Table
from heredity.store.row_file import mapped
from heredity.store.row_shapes import lesson_places
from heredity.store.speech import Line
from heredity.store.splice import Place, exchanged, flattened, respelled


@dataclass(frozen=True)
class Change:
    """What of a row becomes another."""

    texts: Mapping[Place, str] = field(default_factory=dict)
    """By where they stand in the row."""
    exchanged: tuple[str, str] | None = None
    """Two fields whose values are exchanged."""


Edit = Callable[[Path, int, Any], Change]
"""Returns what changes of a row, from its file, its number and what it holds."""


def answered_anew(answers: Sequence[str], columns: Mapping[str, str]) -> Edit:
    """Return what puts these answers in the place of a row's lessons, in order."""

    def edit(path: Path, number: int, raw: Any) -> Change:
        return Change(flattened(raw, dict(zip(places_in(path, number, raw, columns), answers, strict=True))))

    return edit


def turned_round(columns: Mapping[str, str]) -> Edit:
    """Return what exchanges the sides of a pair."""
    return lambda *_: Change(exchanged=sides(columns))


def sides(columns: Mapping[str, str]) -> tuple[str, str]:
    """Return what the data calls the two sides of a pair."""
    column = {field: name for name, field in columns.items()}
    return column.get("chosen", "chosen"), column.get("rejected", "rejected")


def places_in(path: Path, number: int, raw: Any, columns: Mapping[str, str]) -> list[Place]:
    """Return where the texts of a row's lessons stand, its columns called as the data calls them.

    Raises what `lesson_places` does.
    """
    column = {field: name for name, field in columns.items()}
    places = lesson_places(Line(path, number), mapped(path, number, raw, columns))
    return [(column.get(str(place[0]), place[0]), *place[1:]) for place in places]


def edited_span(container: Container, span: Span, edit: Edit) -> bytes:
    """Return a row's bytes anew."""
    change, text = edit(container.file.path, span.number, span.value()), span.data.decode()
    if isinstance(container, Table):
        names, delimiter = container.header[0], container.delimiter
        if change.exchanged:
            return exchanged_cells(text, delimiter, *map(names.index, change.exchanged)).encode()
        cells = {names.index(str(place[0])): value for place, value in change.texts.items()}
        return respelled_cells(text, delimiter, cells).encode()
    if change.exchanged:
        one, other = ((name,) for name in change.exchanged)
        return exchanged(text, one, other).encode()
    return respelled(text, change.texts).encode()


def edited_batch(batch: pa.RecordBatch, changes: Mapping[int, Change]) -> pa.RecordBatch:
    """Return a batch in which the rows at some places are changed."""
    texts: dict[str, dict[Place, str]] = {}
    turned: dict[tuple[str, str], list[int]] = {}
    for row, change in changes.items():
        for (name, *rest), text in change.texts.items():
            texts.setdefault(str(name), {})[(row, *rest)] = text
        if change.exchanged:
            turned.setdefault(change.exchanged, []).append(row)
    for name, values in texts.items():
        batch = with_column(batch, name, retold(batch.column(name), values))
    for (one, other), rows in turned.items():
        batch = exchanged_columns(batch, one, other, rows)
    return batch
