"""Values of Arrow columns changed where they stand, every other value left as it is.

In: columns, places in them, and what goes there. Out: columns of the same types. Does not: know what a row means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from heredity.store.splice import Place

Array = Any  # pyarrow has no types of its own
Texts = Mapping[tuple[Any, ...], str]
"""Texts by their places in a column: the number of the row, and what stands below it."""


def taken(batch: pa.RecordBatch, places: Iterable[int]) -> pa.RecordBatch:
    """Return some rows of a batch, one or more, in their order; of columns of any type, which `take` is not."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][1] == place:
            runs[-1][1] += 1
        else:
            runs.append([place, place + 1])
    return pa.concat_batches([batch.slice(first, last - first) for first, last in runs])


def with_column(batch: pa.RecordBatch, name: str, column: Array) -> pa.RecordBatch:
    """Return a batch with another column in the place of one of its own."""
    columns = [column if field.name == name else old for field, old in zip(batch.schema, batch.columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def retold(array: Array, texts: Texts) -> Array:
    """Return a column with other texts at these places.

    Raises pyarrow's errors for a type that cannot be rebuilt, or that cannot hold so many texts.
    """
    kind = array.type
    if not texts:
        return array
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, retold(array.storage, texts))
    if pa.types.is_dictionary(kind):  # decoded, so that no text that went stays in the dictionary
        return retold(array.cast(kind.value_type), texts).dictionary_encode().cast(kind)
    if pa.types.is_struct(kind):
        fields = [
            retold(array.field(i), {(row, *rest): text for (row, name, *rest), text in texts.items() if name == one})
            for i, one in enumerate(field.name for field in kind)
        ]
        return pa.StructArray.from_arrays(fields, fields=list(kind), mask=nulls_of(array))
    if is_list(kind):
        whole = pa.concat_arrays([array, array]).slice(0, len(array)) if array.offset else array
        starts = starts_of(whole)
        inner = {(starts[row] + number, *rest): text for (row, number, *rest), text in texts.items()}
        return rebuilt(whole, retold(whole.values, inner))
    return spliced(array, {row: pa.array([text], kind) for (row, *_), text in texts.items()})


def is_list(kind: pa.DataType) -> bool:
    """Whether a type is one of lists that can be taken apart and put together."""
    return any(test(kind) for test in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list))


def starts_of(lists: Array) -> list[int]:
    """Return where every list begins among the values of all."""
    if pa.types.is_fixed_size_list(lists.type):
        return [row * lists.type.list_size for row in range(len(lists))]
    starts: list[int] = lists.offsets.to_pylist()
    return starts


def rebuilt(lists: Array, values: Array) -> Array:
    """Return the lists with other values, as many."""
    if pa.types.is_fixed_size_list(lists.type):
        return pa.FixedSizeListArray.from_arrays(values, type=lists.type, mask=nulls_of(lists))
    offsets = lists.offsets
    if lists.null_count:
        return type(lists).from_arrays(offsets, values, type=lists.type, mask=nulls_of(lists))
    return type(lists).from_arrays(offsets, values, type=lists.type)


def nulls_of(array: Array) -> Array:
    """Return which values are null, or None where none is."""
    return array.is_null() if array.null_count else None


def spliced(array: Array, values: Mapping[int, Array]) -> Array:
    """Return a column with other values, of its type, at some places."""
    pieces, last = [], 0
    for place in sorted(values):
        pieces += [array.slice(last, place - last), values[place]]
        last = place + 1
    return pa.concat_arrays([*pieces, array.slice(last)])


def exchanged_columns(batch: pa.RecordBatch, one: str, other: str, rows: Iterable[int]) -> pa.RecordBatch:
    """Return a batch in which some rows have the values of two columns exchanged."""
    first, second, rows = batch.column(one), batch.column(other), list(rows)
    batch = with_column(batch, one, exchanged_in(first, second, rows))
    return with_column(batch, other, exchanged_in(second, first, rows))


def exchanged_in(array: Array, others: Array, rows: Iterable[int]) -> Array:
    """Return a column with another's values in some rows."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return exchanged_in(array.cast(kind.value_type), others, rows).dictionary_encode().cast(kind)
    others = others if others.type == kind else others.cast(kind)
    return spliced(array, {row: others.slice(row, 1) for row in rows})


def is_text(kind: pa.DataType) -> bool:
    """Whether a type is one of text, as a dictionary or not."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def room_at(kind: pa.DataType, place: Place) -> float:
    """Return how many texts that differ a column's type can hold at a place, which begins below its rows."""
    for name in place:
        kind = kind.field(name).type if pa.types.is_struct(kind) else kind.value_type
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if not pa.types.is_dictionary(kind):
        return float("inf")
    index = kind.index_type
    return float(2 ** (index.bit_width - pa.types.is_signed_integer(index)))
