"""Rows on their way out: those that a screen keeps, in a file of the kind they came in, and lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from heredity.ground.errors import InputError
from heredity.ground.files import read_text, require_writable, whole_file, whole_folder, write_text
from heredity.ground.hashing import digest, file_digest
from heredity.store.columns import taken
from heredity.store.containers import LIKE_THEIR_SOURCE, container_of, ending_of
from heredity.store.edits import Change, Edit, edited_batch, edited_span
from heredity.store.hub import is_hub
from heredity.store.row_file import RowFile
from heredity.store.shards import ARROW, is_aside, is_several, name_in, shards_of
from heredity.store.tables import Batches, ColumnFile, column_file, raws_of

Lines = NDArray[np.int64]
WHOLE = "dataset_dict.json"
SAVED = (WHOLE, "dataset_info.json", "state.json")
"""Files in which the `datasets` library says what the Arrow files beside them are."""
SIZES, FINGERPRINT = ("splits", "dataset_size", "size_in_bytes", "download_size"), "_fingerprint"


def require_keepable(source: Path, target: Path, others: Collection[Path | None] = ()) -> None:
    """Prove, before any work is done, that kept rows can be written.

    Rows of several files are kept in a folder, a file for each. Raises InputError when source and target are of
    different kinds, the target is the source, one of the `others` that the same run reads or writes, or a folder that
    is not empty; StorageError when it cannot be written.
    """
    if is_hub(source):
        raise InputError(f"the rows of {source} stand in no file, so that none can be copied; leave --keep out")
    if target.resolve() in {path.resolve() for path in others if path}:
        raise InputError(f"{target} is read or written by this very run; name another file for the kept rows")
    if is_several(source):
        require_folder(source, target)
        return
    if target.is_dir():
        raise InputError(f"{target} is a folder; name a file in it for the kept rows")
    require_copied(source)
    endings = {ending_of(path) for path in (source, target)}
    if len(endings) > 1 and any(part in LIKE_THEIR_SOURCE for ending in endings for part in ending):
        raise InputError(f"kept rows are copied as they are: give {target} the ending {''.join(ending_of(source))}")
    if source.resolve() == target.resolve():
        raise InputError(f"{target} is the file that is being screened; name another one for the kept rows")
    require_writable(target.parent)


def require_folder(source: Path, target: Path) -> None:
    """Raise InputError unless the rows of several files can be kept in a folder of their own, a file for each."""
    shards = shards_of(source)
    for shard in shards:
        require_copied(shard)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"the rows of {source} stand in {len(shards)} files: name a new folder for the kept ones")
    if source.is_dir() and target.resolve().is_relative_to(source.resolve()):
        raise InputError(f"{target} lies in {source}, which is being screened; name another folder for the kept rows")
    if len({name_in(source, shard) for shard in shards}) < len(shards):
        raise InputError(f"two files of {source} have one name, so that they cannot be kept beside each other")
    require_writable(target.parent)


def require_copied(path: Path) -> None:
    """Raise InputError for a table that is read and cannot be written as it is."""
    table = column_file(path)
    if table is not None:
        try:
            table.write([], pa.BufferOutputStream())
        except (pa.ArrowException, OSError) as error:
            why = " ".join(str(error).split())
            raise InputError(f"rows of {path.name} are read and cannot be written as they are: {why}") from error


@dataclass(frozen=True)
class Leaving:
    """Which rows of one file go on, and which of them as others."""

    lines: Lines
    """In order."""
    edits: Mapping[int, Edit]
    fields: Collection[str]
    """What is looked at in a table."""

    @classmethod
    def of(cls, file: RowFile, kept: set[int], edits: Mapping[int, Edit]) -> Leaving:
        """Return those of a source."""
        return cls(np.fromiter(sorted(kept), dtype=np.int64, count=len(kept)), edits, file.fields)

    def within(self, before: int, last: int) -> Leaving:
        """Return those after so many rows and up to others, numbered from 1 there."""
        own = self.lines[np.searchsorted(self.lines, before, "right") : np.searchsorted(self.lines, last, "right")]
        edits = {line - before: self.edits[line] for line in own.tolist() if line in self.edits}
        return Leaving(own - before, edits, self.fields)


def write_kept(file: RowFile, kept: set[int], target: Path, edits: Mapping[int, Edit] = MappingProxyType({})) -> int:
    """Write the kept rows of a source on disk, in a file of its kind or a folder; return how many.

    Rows stay as they are, byte for byte or value for value, but for what `edits` change. The files are those that were
    listed when the source was first read. Raises as `require_keepable` does.
    """
    source = Path(str(file.source))
    require_keepable(source, target)
    leaving = Leaving.of(file, kept, edits)
    if not is_several(source):
        write_one(source, leaving, target)
        return len(kept)
    before = 0
    with whole_folder(target) as part:
        for shard in file.shards:
            last = before + n_rows_of(shard)
            write_one(shard, leaving.within(before, last), part / name_in(source, shard))
            before = last
        if any(shard.suffix == ARROW for shard in file.shards):
            write_companions(source, part)
    return len(kept)


def write_one(source: Path, leaving: Leaving, target: Path) -> None:
    """Write the rows of one file that go on. Raises InputError where a table cannot be put together again."""
    table = column_file(source)
    with whole_file(target) as part:
        if table is not None:
            try:
                table.write(groups_of(source, table, leaving), str(part))
            except pa.ArrowException as error:
                why = " ".join(str(error).split())
                raise InputError(f"the rows of {source.name} cannot be written as {target.name}: {why}") from error
            return
        container, kept, edits = container_of(source), set(leaving.lines.tolist()), leaving.edits
        there = (span for span in container.spans() if span.number in kept)
        rows = (edited_span(container, row, edits[row.number]) if row.number in edits else row.data for row in there)
        container.file.write(container.framed(rows), part)


def groups_of(path: Path, table: ColumnFile, leaving: Leaving) -> Iterator[Batches]:
    """Yield what goes on of every group of a table's rows."""
    before = 0

    def kept(group: Batches) -> Batches:
        nonlocal before
        for batch in group:
            own = leaving.within(before, before + len(batch))
            if len(own.lines):
                part = taken(batch, (own.lines - 1).tolist())
                yield edited_batch(part, changes_in(part, path, own, before))
            before += len(batch)

    yield from map(kept, table.groups())


def changes_in(batch: pa.RecordBatch, path: Path, leaving: Leaving, before: int) -> dict[int, Change]:
    """Return what changes of a batch that holds the rows that go on, by their places in it."""
    found = {}
    for place, line in enumerate(leaving.lines.tolist()):
        if line in leaving.edits:
            (raw,) = raws_of(batch.slice(place, 1), leaving.fields, batch.schema.names)
            found[place] = leaving.edits[line](path, before + line, raw)
    return found


def write_companions(source: Path, target: Path) -> None:
    """Write what the `datasets` library keeps beside rows, where a source is its folder.

    What is said there of sizes is left out, and the fingerprint is another's, so that the library takes nothing that it
    made of the source for these rows.
    """
    if not source.is_dir():
        return
    for path in (path for name in SAVED for path in source.rglob(name) if not is_aside(path, source)):
        said = json.loads(read_text(path))
        said = {name: value for name, value in said.items() if path.name == WHOLE or name not in SIZES}
        folder = (target / path.relative_to(source)).parent
        if FINGERPRINT in said:
            own = {file.name: file_digest(file) for file in sorted(folder.glob(f"*{ARROW}"))}
            said[FINGERPRINT] = digest({"from": said[FINGERPRINT], "files": own})[:16]
        if folder.is_dir():
            write_text(folder / path.name, json.dumps(said, indent=2))


def n_rows_of(shard: Path) -> int:
    """Return the number of a file's last row."""
    table = column_file(shard)
    if table is not None:
        return table.n_rows
    return max((span.number for span in container_of(shard).spans()), default=0)


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Write one JSON object a line, whole or not at all."""
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return path
