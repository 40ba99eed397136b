"""Rows on their way out: those that a screen keeps, in a file of the kind they came in, and lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from heredity.ground.errors import InputError
from heredity.ground.files import require_writable, whole_file, whole_folder
from heredity.store.containers import LIKE_THEIR_SOURCE, container_of, ending_of
from heredity.store.edits import Edit
from heredity.store.hub import is_hub
from heredity.store.row_file import RowFile, is_parquet
from heredity.store.shards import ARROW, is_several, name_in, shards_of


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
    """Raise InputError for a kind of file that is read and not written."""
    if path.suffix == ARROW:
        raise InputError(f"rows of {path.name} are read and not written; save them as Parquet first, or leave it out")


def write_kept(file: RowFile, kept: set[int], target: Path, edits: Mapping[int, Edit] = MappingProxyType({})) -> int:
    """Write the kept rows of a source on disk, in a file of its kind or a folder; return how many.

    Rows stay byte for byte as they are, but for those that `edits` name, which are of JSON. The files are those that
    were listed when the source was first read. Raises as `require_keepable` does.
    """
    source = Path(str(file.source))
    require_keepable(source, target)
    if not is_several(source):
        write_one(source, kept, target, edits)
        return len(kept)
    lines, before = np.fromiter(sorted(kept), dtype=np.int64, count=len(kept)), 0
    with whole_folder(target) as part:
        for shard in file.shards:
            last = before + n_rows_of(shard)
            own = lines[np.searchsorted(lines, before, "right") : np.searchsorted(lines, last, "right")] - before
            changed = {line: edits[line + before] for line in own.tolist() if line + before in edits}
            write_one(shard, set(own.tolist()), part / name_in(source, shard), changed)
            before = last
    return len(kept)


def write_one(source: Path, kept: set[int], target: Path, edits: Mapping[int, Edit]) -> None:
    """Write the kept rows of one file, those that change as they become."""
    with whole_file(target) as part:
        if is_parquet(source):
            write_table(source, kept, part)
        else:
            container = container_of(source)
            there = (span for span in container.spans() if span.number in kept)
            rows = (edits[row.number](source, row) if row.number in edits else row.data for row in there)
            container.file.write(container.framed(rows), part)


def n_rows_of(shard: Path) -> int:
    """Return the number of a file's last row."""
    if is_parquet(shard):
        return int(pq.read_metadata(shard).num_rows)
    return max((span.number for span in container_of(shard).spans()), default=0)


def write_table(source: Path, kept: set[int], target: Path) -> None:
    """Write the kept rows of a Parquet file, a batch at a time."""
    lines, number = np.fromiter(sorted(kept), dtype=np.int64, count=len(kept)), 1
    with pq.ParquetFile(source) as file, pq.ParquetWriter(target, file.schema_arrow) as writer:
        for batch in file.iter_batches():
            there = lines[np.searchsorted(lines, number) : np.searchsorted(lines, number + len(batch))] - number
            if len(there):
                writer.write_batch(batch.take(pa.array(there)))
            number += len(batch)


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Write one JSON object a line, whole or not at all."""
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return path
