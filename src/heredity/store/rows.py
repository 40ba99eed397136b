"""Training rows and conversations from a file, in whatever shape they come, and the rows that a screen keeps.

Shapes stand in `shapes.py`, kinds of files in `containers.py`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from heredity.ground.errors import InputError, RowError
from heredity.ground.files import require_file, require_writable, whole_file
from heredity.ground.hashing import digest, file_digest
from heredity.ground.text import printable
from heredity.records.dialogue import Corpus, Exclusion, Row, rows_digest
from heredity.store.containers import LIKE_THEIR_SOURCE, container_of, ending_of
from heredity.store.hub import hub_rows, is_hub
from heredity.store.row_shapes import FIELDS, SOURCES, named, row_of
from heredity.store.shapes import KNOWN, RESPONSE_FIELDS

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


def read_rows(source: Source, columns: Mapping[str, str] | None = None, strict: bool = False) -> Corpus:
    """Return the rows of a file; those that cannot be used are excluded by line and reason.

    `source` is a file, `hf:owner/name[:config][@split]`, or rows in memory: dictionaries, as a `datasets.Dataset` has.
    `columns` says what the data calls the fields of a known shape: `{"question": "prompt", "solution": "response"}`.
    What the data says of its loss is kept (`weight: 0` and its like), and an answer inside a `prompt` is context; a row
    whose weights cannot be kept is excluded. With `strict`, raises RowError with the line of the first row that is
    malformed or of no known shape. Raises InputError when the file is missing, unreadable, of another kind, empty, or
    holds no usable row.
    """
    return _corpus(source, Asked(columns or {}, strict))


def read_conversations(source: Source, columns: Mapping[str, str] | None = None, strict: bool = False) -> Corpus:
    """Return the rows with all that an assistant says in them, whatever of it is taught.

    Takes and raises what `read_rows` does.
    """
    return _corpus(source, Asked(columns or {}, strict, as_spoken=True))


def _corpus(source: Source, asked: Asked) -> Corpus:
    require_known(asked.columns)
    path, whole, is_file = opened(source, asked)
    rows: list[Row] = []
    excluded: list[Exclusion] = []
    shapes: Counter[str] = Counter()
    with closing(whole):
        for line, value in whole:
            try:
                raw = mapped(path, line, value(), asked.columns)
                row, shape = row_of(path, line, raw, asked.as_spoken)
            except RowError as error:
                if asked.is_strict:
                    raise
                excluded.append(Exclusion(line=line, reason=error.reason))
                continue
            if isinstance(row, Row):
                shapes[shape] += 1
                rows.append(row)
            else:
                excluded.append(row)
    if not rows:
        first = f"line {excluded[0].line}: {excluded[0].reason}" if excluded else ""
        why = f"all {len(excluded)} rows were left out ({first})" if excluded else "the file is empty"
        raise InputError(f"{path} holds no row to use: {why}")
    return Corpus(
        name=path.name,
        content_digest=digest_of(path if is_file else None, rows, asked.columns),
        rows=tuple(rows),
        excluded=tuple(excluded),
        shapes=dict(shapes.most_common()),
    )


def opened(source: Source, asked: Asked) -> tuple[Path, Pieces, bool]:
    """Return what to call a source, its rows, and whether it is a file. Raises InputError for a file that lacks."""
    if not isinstance(source, Path | str):
        return Path("rows in memory"), numbered(source), False
    if is_hub(source):
        return Path(source), numbered(hub_rows(str(source))), False
    path = require_file(Path(source))
    return path, pieces(path, (*FIELDS, *asked.columns)), True


def numbered(raws: Iterable[Any]) -> Pieces:
    """Yield rows that stand in no file, numbered from 1."""
    for number, raw in enumerate(raws, start=1):
        yield number, partial(_same, raw)


def digest_of(path: Path | None, rows: Sequence[Row], columns: Mapping[str, str]) -> str:
    """Return what tells these rows from others: the file's bytes and what its columns were said to be."""
    if path is None:
        return rows_digest(tuple(rows))
    return digest({"file": file_digest(path), "columns": dict(columns)}) if columns else file_digest(path)


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
    if not is_parquet(path):
        container = container_of(path)
        with closing(container.spans()) as spans:
            for span in spans:
                yield span.number, span.value
        return
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            for batch in file.iter_batches(columns=[name for name in names if name in fields] or None):
                for raw in batch.to_pylist():
                    number += 1
                    yield number, partial(dict, {**dict.fromkeys(names), **raw})
    except (pa.ArrowException, OSError, ValueError, TypeError, ArithmeticError) as error:
        where = f" after row {number}" if number else ""
        raise InputError(
            f"{path} is not a Parquet file that can be read{where}: {' '.join(str(error).split())}"
        ) from error


def _same(raw: Any) -> Any:
    return dict(raw) if isinstance(raw, Mapping) else raw


def is_parquet(path: Path) -> bool:
    """Whether the file's name says Parquet."""
    return path.suffix.lower() in (".parquet", ".pq")


def require_keepable(source: Path, target: Path, others: Collection[Path | None] = ()) -> None:
    """Prove, before any work is done, that kept rows can be written.

    Raises InputError when source and target are of different kinds, the target is the source, one of the `others` that
    the same run reads or writes, or a folder; StorageError when it cannot be written.
    """
    if is_hub(source):
        raise InputError(f"the rows of {source} stand in no file, so that none can be kept as it is; leave --keep out")
    if target.is_dir():
        raise InputError(f"{target} is a folder; name a file in it for the kept rows")
    endings = {ending_of(path) for path in (source, target)}
    if len(endings) > 1 and any(part in LIKE_THEIR_SOURCE for ending in endings for part in ending):
        raise InputError(f"kept rows are copied as they are: give {target} the ending {''.join(ending_of(source))}")
    if source.resolve() == target.resolve():
        raise InputError(f"{target} is the file that is being screened; name another one for the kept rows")
    if target.resolve() in {path.resolve() for path in others if path}:
        raise InputError(f"{target} is read or written by this very run; name another file for the kept rows")
    require_writable(target.parent)


def write_kept(source: Path, kept: set[int], target: Path) -> int:
    """Write the kept rows of a file byte for byte, in a file of its kind; return how many.

    Raises as `require_keepable` does.
    """
    require_keepable(source, target)
    with whole_file(target) as part:
        if is_parquet(source):
            table = pq.read_table(source)
            pq.write_table(table.take([line - 1 for line in sorted(kept)]), part)
        else:
            container = container_of(source)
            spans = (span.data for span in container.spans() if span.number in kept)
            container.file.write(container.framed(spans), part)
    return len(kept)


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Write one JSON object a line, whole or not at all."""
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return path
