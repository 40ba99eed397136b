"""Training rows and conversations in memory, from a file in whatever shape they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from heredity.ground.errors import InputError
from heredity.records.dialogue import Corpus, Exclusion, Row, rows_digest
from heredity.store.hub import is_hub
from heredity.store.row_file import Asked, RowFile, Source, place_of


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
    file = RowFile(source, asked)
    rows: list[Row] = []
    excluded: list[Exclusion] = []
    shapes: Counter[str] = Counter()
    for row, shape in file.each():
        if isinstance(row, Row):
            shapes[shape] += 1
            rows.append(row)
        else:
            excluded.append(row)
    require_some(len(rows), excluded, source)
    is_file = isinstance(source, Path | str) and not is_hub(source)
    return Corpus(
        name=file.name,
        content_digest=file.content_digest() if is_file else rows_digest(tuple(rows)),
        rows=tuple(rows),
        excluded=tuple(excluded),
        shapes=dict(shapes.most_common()),
    )


def require_some(n_rows: int, excluded: list[Exclusion], source: Source) -> None:
    """Raise InputError for a source that holds no row to use, with the first reason."""
    if not n_rows:
        first = f"line {excluded[0].line}: {excluded[0].reason}" if excluded else ""
        why = f"all {len(excluded)} rows were left out ({first})" if excluded else "the file is empty"
        raise InputError(f"{place_of(source)} holds no row to use: {why}")
