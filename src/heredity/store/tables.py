"""Tables whose rows stand in columns, Parquet and Arrow: gone through batch by batch, and written as they were.

In: a path. Out: batches of rows in their order, and a file of the same kind, schema and layout that holds others.
Does not: know what a row means, or which rows go where.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from heredity.store.shards import ARROW

PARQUET = (".parquet", ".pq")
MOST_HELD = 256 << 20
"""Bytes of a row group that are held before they are written; a larger group becomes several."""

Batches = Iterator[pa.RecordBatch]


class ColumnFile(Protocol):
    """A file whose rows stand in columns."""

    kind: str

    @property
    def schema(self) -> pa.Schema:
        """Its columns and their types."""

    @property
    def n_rows(self) -> int:
        """How many rows it holds."""

    def groups(self, names: Collection[str] | None = None) -> Iterator[Batches]:
        """Yield its groups of rows, each as batches; of some columns alone where they are named."""

    def write(self, groups: Iterable[Batches], target: Any) -> None:
        """Write groups of rows of this schema, laid out as in this file."""


def column_file(path: Path) -> ColumnFile | None:
    """Return what holds a file's rows in columns; None for a file of another kind, by its name."""
    if is_parquet(path):
        return ParquetFile(path)
    return ArrowFile(path) if path.suffix == ARROW else None


def is_parquet(path: Path) -> bool:
    """Whether the file's name says Parquet."""
    return path.suffix.lower() in PARQUET


def raws_of(batch: pa.RecordBatch, names: Collection[str], every: Collection[str]) -> list[dict[str, Any]]:
    """Return the rows of a batch with `every` column named; what is not among `names`, where some are, is null."""
    there = [name for name in batch.schema.names if name in names] or batch.schema.names
    nothing = dict.fromkeys(every)
    return [{**nothing, **raw} for raw in batch.select(there).to_pylist()]


@dataclass(frozen=True)
class ParquetFile:
    """Columns in row groups."""

    path: Path
    kind = "a Parquet"

    @cached_property
    def schema(self) -> pa.Schema:
        """Its columns and their types."""
        return pq.read_schema(self.path)

    @cached_property
    def n_rows(self) -> int:
        """How many rows it holds."""
        return int(pq.read_metadata(self.path).num_rows)

    def groups(self, names: Collection[str] | None = None) -> Iterator[Batches]:
        """Yield its row groups, each as batches."""
        with pq.ParquetFile(self.path) as file:
            columns = [name for name in file.schema_arrow.names if names and name in names] or None
            for group in range(file.num_row_groups):
                yield file.iter_batches(row_groups=[group], columns=columns)

    def write(self, groups: Iterable[Batches], target: Any) -> None:
        """Write groups of rows, each a row group or, where it is large, several; packed as this file's columns are."""
        with pq.ParquetWriter(target, self.schema, **self._layout()) as writer:
            for group in groups:
                for batches in bounded(group):
                    table = pa.Table.from_batches(batches)
                    writer.write_table(table, row_group_size=len(table))

    def _layout(self) -> dict[str, Any]:
        """Return how this file's columns are packed, encoded and named, as its first row group says."""
        metadata = pq.read_metadata(self.path)
        if not metadata.num_row_groups:
            return {}
        group = metadata.row_group(0)
        chunks = [group.column(i) for i in range(group.num_columns)]
        none = {"UNCOMPRESSED": "NONE"}
        return {
            "compression": {one.path_in_schema: none.get(one.compression, one.compression) for one in chunks},
            "use_dictionary": [one.path_in_schema for one in chunks if one.has_dictionary_page],
            "use_compliant_nested_type": not any(".list.item" in one.path_in_schema for one in chunks),
        }


def bounded(group: Batches) -> Iterator[list[pa.RecordBatch]]:
    """Yield the batches of a row group that have rows, together as far as memory is to hold them."""
    held: list[pa.RecordBatch] = []
    for batch in group:
        held.append(batch)
        if sum(one.nbytes for one in held) >= MOST_HELD:
            yield held
            held = []
    if held:
        yield held


@dataclass(frozen=True)
class ArrowFile:
    """An Arrow stream, as the `datasets` library keeps its rows."""

    path: Path
    kind = "an Arrow"

    @cached_property
    def schema(self) -> pa.Schema:
        """Its columns and their types."""
        with pa.memory_map(str(self.path)) as mapping, pa.ipc.open_stream(mapping) as stream:
            return stream.schema

    @property
    def n_rows(self) -> int:
        """How many rows it holds."""
        return sum(len(batch) for group in self.groups() for batch in group)

    def groups(self, names: Collection[str] | None = None) -> Iterator[Batches]:
        """Yield its batches, each a group; all columns are there at no cost."""
        with pa.memory_map(str(self.path)) as mapping, pa.ipc.open_stream(mapping) as stream:
            for batch in stream:
                yield iter((batch,))

    def write(self, groups: Iterable[Batches], target: Any) -> None:
        """Write batches as a stream."""
        with pa.output_stream(target) as sink, pa.ipc.new_stream(sink, self.schema) as stream:
            for group in groups:
                for batch in group:
                    stream.write_batch(batch)
