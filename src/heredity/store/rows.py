"""Training rows and conversations from JSONL or Parquet, and the rows that a screen keeps.

A row has `messages` (a list of role and content), or a `prompt` with a `completion`, `answer` or `response` (text,
or lists of messages).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from heredity.ground.errors import InputError
from heredity.ground.files import require_file, require_writable, whole_file
from heredity.ground.hashing import file_digest
from heredity.records.dialogue import Corpus, Exclusion, Row
from heredity.store.jsonl import json_lines, jsonl_lines
from heredity.store.row_shapes import FIELDS, row_of


def read_rows(path: Path | str) -> Corpus:
    """Return the rows of a file; rows without anything to learn from are excluded by name and number.

    What the data says of its loss is kept (`weight: 0` and its like), and an answer inside a `prompt` is context; a row
    whose weights cannot be kept is excluded. Raises RowError with the line of the first row that is malformed or has no
    known field, InputError when the file is missing, unreadable, of another kind, empty, or holds no usable row.
    """
    return _corpus(Path(path), as_spoken=False)


def read_conversations(path: Path | str) -> Corpus:
    """Return the rows of a file with all that an assistant says in them, whatever of it is taught.

    Raises as `read_rows` does.
    """
    return _corpus(Path(path), as_spoken=True)


def _corpus(path: Path, as_spoken: bool) -> Corpus:
    path = require_file(path)
    rows: list[Row] = []
    excluded: list[Exclusion] = []
    for line, raw in raw_rows(path, FIELDS):
        found = row_of(path, line, raw, as_spoken)
        if isinstance(found, Row):
            rows.append(found)
        else:
            excluded.append(found)
    if not rows:
        why = f"all {len(excluded)} rows were excluded ({excluded[0].reason})" if excluded else "the file is empty"
        raise InputError(f"{path} holds no row to use: {why}")
    return Corpus(name=path.name, content_digest=file_digest(path), rows=tuple(rows), excluded=tuple(excluded))


def raw_rows(path: Path, fields: Collection[str]) -> Iterator[tuple[int, Any]]:
    """Yield every row with its 1-based line (JSONL) or row number (Parquet).

    Of a table only the columns among `fields` are read, where it has any; the others are there as null.
    Raises RowError with the line that is no JSON, InputError for a file that is neither.
    """
    if not is_parquet(path):
        yield from json_lines(path)
        return
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            for batch in file.iter_batches(columns=[name for name in names if name in fields] or None):
                for raw in batch.to_pylist():
                    number += 1
                    yield number, {**dict.fromkeys(names), **raw}
    except (pa.ArrowException, OSError, ValueError, TypeError, ArithmeticError) as error:
        where = f" after row {number}" if number else ""
        raise InputError(
            f"{path} is not a Parquet file that can be read{where}: {' '.join(str(error).split())}"
        ) from error


def is_parquet(path: Path) -> bool:
    """Whether the file's name says Parquet."""
    return path.suffix.lower() in (".parquet", ".pq")


def require_keepable(source: Path, target: Path, others: Collection[Path | None] = ()) -> None:
    """Prove, before any work is done, that kept rows can be written.

    Raises InputError when source and target are of different kinds, the target is the source, one of the `others` that
    the same run reads or writes, or a folder; StorageError when it cannot be written.
    """
    if target.is_dir():
        raise InputError(f"{target} is a folder; name a file in it for the kept rows")
    if is_parquet(source) != is_parquet(target):
        raise InputError(f"kept rows are copied as they are: give {target} the ending {source.suffix}")
    if source.resolve() == target.resolve():
        raise InputError(f"{target} is the file that is being screened; name another one for the kept rows")
    if target.resolve() in {path.resolve() for path in others if path}:
        raise InputError(f"{target} is read or written by this very run; name another file for the kept rows")
    require_writable(target.parent)


def write_kept(source: Path, kept: set[int], target: Path) -> int:
    """Write the kept rows of a file, JSONL lines byte for byte; return how many. Raises as `require_keepable` does."""
    require_keepable(source, target)
    with whole_file(target) as part:
        if is_parquet(source):
            table = pq.read_table(source)
            pq.write_table(table.take([line - 1 for line in sorted(kept)]), part)
        else:
            with part.open("wb") as stream:
                for line, data in jsonl_lines(source):
                    if line in kept:
                        stream.write(data)
    return len(kept)


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Write one JSON object a line, whole or not at all."""
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return path
