"""Rows of a source, one after the other, in whatever shape they come: none is held, so that a file may have any size.

Shapes stand in `shapes.py`, kinds of files in `containers.py`.
"""

from __future__ import annotations

import atexit
import json
import tempfile
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from heredity.ground.errors import InputError, RowError
from heredity.ground.hashing import digest, digest_of_each, file_digest
from heredity.ground.text import printable
from heredity.records.dialogue import Exclusion, Row
from heredity.store.containers import container_of
from heredity.store.hub import hub_rows, is_hub
from heredity.store.row_shapes import FIELDS, SOURCES, named, row_of
from heredity.store.shapes import KNOWN, RESPONSE_FIELDS
from heredity.store.shards import is_several, name_in, shards_of
from heredity.store.tables import column_file, raws_of

Source = Path | str | Iterable[Mapping[str, Any]]
"""Where rows come from: a file, a data set's name, or rows in memory."""
Pieces = Generator[tuple[int, Callable[[], Any]]]
"""Rows with their numbers, and what parses each; one that is no JSON stops no other."""


@dataclass(frozen=True)
class Asked:
    """How rows are read."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """What the data calls the fields of a known shape: `{"question": "prompt", "solution": "response"}`."""
    is_strict: bool = False
    """Whether the first row that is malformed stops the rest; else it is left out, and counted."""
    as_spoken: bool = False
    """Whether all that an assistant says is taken, whatever of it is taught."""


@dataclass(frozen=True)
class RowFile:
    """A source of rows; each time it is gone through, it is read anew."""

    source: Source
    asked: Asked = Asked()

    @property
    def name(self) -> str:
        """What to call it, for people."""
        place = place_of(self.source)
        return place.name or place.resolve().name

    def each(self) -> Iterator[tuple[Row | Exclusion, str]]:
        """Yield every row, or why it is left out, with the name of its shape (empty where it has none).

        Rows of several files are numbered through all of them; one that names no source is of its file. Raises
        RowError, where that is asked for, at the first row that is malformed; InputError for a file that is missing,
        unreadable or of another kind.
        """
        require_known(self.asked.columns)
        if not isinstance(self.source, Path | str):
            yield from self._each_of(place_of(self.source), numbered(self.source), 0, "")
            return
        if is_hub(self.source):
            yield from self._each_of(place_of(self.source), pieces(self.spooled, self.fields), 0, "")
            return
        place, before = Path(self.source), 0
        for shard in self.shards:
            named_by = name_in(place, shard) if is_several(place) else ""
            last = 0
            for found, shape in self._each_of(shard, pieces(shard, self.fields), before, named_by):
                yield found, shape
                last = found.line
            before = max(before, last)

    @cached_property
    def shards(self) -> tuple[Path, ...]:
        """The files of a source on disk, listed once: what is written meanwhile is none of them."""
        return shards_of(Path(str(self.source)))

    @cached_property
    def spooled(self) -> Path:
        """The rows of a data set on the Hub, fetched once into a file that is gone when the process ends."""
        folder = tempfile.TemporaryDirectory(prefix="heredity-")
        atexit.register(folder.cleanup)
        path = Path(folder.name) / "rows.jsonl"
        with path.open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(row, default=str) + "\n" for row in hub_rows(str(self.source)))
        return path

    @property
    def fields(self) -> tuple[str, ...]:
        """What is looked at in a table."""
        return (*FIELDS, *self.asked.columns)

    def _each_of(self, path: Path, whole: Pieces, before: int, source: str) -> Iterator[tuple[Row | Exclusion, str]]:
        """Yield the rows of one file, numbered after so many rows of others."""
        with closing(whole):
            for line, value in whole:
                found: Row | Exclusion
                try:
                    raw = mapped(path, line, value(), self.asked.columns)
                    found, shape = row_of(path, line, raw, self.asked.as_spoken)
                except RowError as error:
                    if self.asked.is_strict:
                        raise
                    found, shape = Exclusion(line=line, reason=error.reason), ""
                changed: dict[str, object] = {"line": line + before} if before else {}
                if source and isinstance(found, Row) and not found.source:
                    changed["source"] = source
                yield (found.model_copy(update=changed) if changed else found), shape

    def rows(self) -> Iterator[Row]:
        """Yield the rows that are used."""
        return (row for row, _ in self.each() if isinstance(row, Row))

    def content_digest(self) -> str:
        """Return what tells these rows from others: the file's bytes and what its columns were said to be.

        Where they stand in no file, it is that of the rows.
        """
        columns = self.asked.columns
        if not isinstance(self.source, Path | str) or is_hub(self.source):
            return digest_of_each(row.model_dump(mode="json") for row in self.rows())
        place = Path(self.source)
        shards = self.shards
        file: object = file_digest(shards[0])
        if is_several(place):
            file = [[name_in(place, shard), file_digest(shard)] for shard in shards]
        return digest({"file": file, "columns": dict(columns)}) if columns or is_several(place) else str(file)


def other_side(file: RowFile) -> RowFile:
    """Return the rows of pairs as their rejected sides: read as the chosen ones are."""
    column = {field: name for name, field in file.asked.columns.items()}
    sides = {column.get("chosen", "chosen"): "rejected", column.get("rejected", "rejected"): "chosen"}
    source = file.spooled if isinstance(file.source, Path | str) and is_hub(file.source) else file.source
    return RowFile(source, replace(file.asked, columns={**file.asked.columns, **sides}, is_strict=False))


def place_of(source: Source) -> Path:
    """Return what to call a source: its path, its name, or that it stands in memory."""
    return Path(source) if isinstance(source, Path | str) else Path("rows in memory")


def numbered(raws: Iterable[Any]) -> Pieces:
    """Yield rows that stand in no file, numbered from 1."""
    for number, raw in enumerate(raws, start=1):
        yield number, partial(_same, raw)


def require_known(columns: Mapping[str, str]) -> None:
    """Raise InputError for a field that no shape looks at, or one that two columns are to be."""
    strange = next((field for field in columns.values() if field not in (*KNOWN, SOURCES[0])), None)
    if strange is not None:
        raise InputError(f"no shape of a row has a field '{strange}'; known are {', '.join((*KNOWN, SOURCES[0]))}")
    if len(set(columns.values())) < len(columns):
        raise InputError("two columns cannot be the same field; name each field once")


def mapped(path: Path, line: int, raw: Any, columns: Mapping[str, str]) -> Any:
    """Return a row with its columns called as shapes know them. Raises RowError for a column that it lacks."""
    if not columns or not isinstance(raw, dict):
        return raw
    lacking = next((column for column in columns if column not in raw), None)
    if lacking is not None:
        raise RowError(path, line, f"there is no column '{printable(lacking)}'; it has: {named(raw)}")
    taken = {*columns, *columns.values()}
    if taken & set(RESPONSE_FIELDS):  # which of a row's answers is meant was said
        taken |= set(RESPONSE_FIELDS)
    others = {name: value for name, value in raw.items() if name not in taken}
    return {**others, **{field: raw[column] for column, field in columns.items()}}


def raw_rows(path: Path, fields: Collection[str]) -> Iterator[tuple[int, Any]]:
    """Yield every row with its 1-based line (JSONL) or its number (arrays and tables).

    Of a table only the columns among `fields` are read, where it has any; the others are there as null.
    Raises RowError with the line that is no JSON, InputError for a file that is neither.
    """
    with closing(pieces(path, fields)) as whole:
        for number, value in whole:
            yield number, value()


def pieces(path: Path, fields: Collection[str]) -> Pieces:
    """Yield every row with its number, and what parses it; one that is no JSON stops no other."""
    table = column_file(path)
    if table is None:
        container = container_of(path)
        with closing(container.spans()) as spans:
            for span in spans:
                yield span.number, span.value
        return
    number = 0
    try:
        for group in table.groups(fields):
            for batch in group:
                for raw in raws_of(batch, fields, table.schema.names):
                    number += 1
                    yield number, partial(dict, raw)
    except (pa.ArrowException, OSError, ValueError, TypeError, ArithmeticError) as error:
        where = f" after row {number}" if number else ""
        raise InputError(
            f"{path} is not {table.kind} file that can be read{where}: {' '.join(str(error).split())}"
        ) from error


def _same(raw: Any) -> Any:
    return dict(raw) if isinstance(raw, Mapping) else raw
