"""Kinds of files that hold rows, compressed or not: how each is cut into rows, and how some of them are put back.

In: a path. Out: every row's bytes as they stand, parsed when asked, and the kept ones written byte for byte.
Does not: know what a row means. Tables in Parquet have columns and no bytes of a row: `tables.py` reads them.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pyarrow as pa

from heredity.ground.errors import InputError, RowError
from heredity.ground.text import printable
from heredity.store.jsonl import BOM, ONE_A_LINE, parsed, require_lines

COMPRESSED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}
"""By the first bytes of a file, how it is compressed."""
WIDE = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
"""By the first bytes of a text, how it is written where it is not UTF-8."""
DELIMITERS = {".csv": ",", ".tsv": "\t"}
PACKED = (".gz", ".zst", ".bz2")
LIKE_THEIR_SOURCE = (".parquet", ".pq", ".arrow", *PACKED, *DELIMITERS)
"""Endings that kept rows must share with the file they come from."""
BLANKS, DECODER = re.compile(r"\s*"), json.JSONDecoder()
LONGEST_CELL = 1 << 30
SWITCHED = ("weight", "label")
SWITCHES: dict[str, Any] = {"": None, "0": 0, "1": 1, "0.0": 0, "1.0": 1, "true": True, "false": False}
"""What a cell of these columns says: there are no numbers in a table of text."""


@dataclass(frozen=True)
class Span:
    """One row as it stands in a file."""

    number: int
    data: bytes
    value: Callable[[], Any]
    """What it holds. Raises RowError with its number for what cannot be read."""


class Container(Protocol):
    """A kind of file that holds rows one after the other."""

    @property
    def file(self) -> Packed:
        """The file."""

    def spans(self) -> Generator[Span]:
        """Yield every row."""

    def framed(self, spans: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the bytes of a file of the same kind that holds these rows."""


def container_of(path: Path) -> Container:
    """Return what a file is. Raises InputError, in words that fit it, for one that holds no rows that can be read."""
    file, ending = Packed.of(path), ending_of(path)[0]
    if ending in DELIMITERS:
        return Table(file, DELIMITERS[ending])
    if not file.compression and not file.encoding:
        require_lines(path)
    return Array(file) if file.begins_with(b"[") else Lines(file)


@dataclass(frozen=True)
class Packed:
    """A file of text, as it is compressed and encoded."""

    path: Path
    compression: str | None
    encoding: str | None
    """None: UTF-8."""

    @classmethod
    def of(cls, path: Path) -> Packed:
        """Return what a file's first bytes say."""
        with path.open("rb") as stream:
            head = stream.read(8)
        compression = next((name for start, name in COMPRESSED.items() if head.startswith(start)), None)
        if compression:
            with unpacked(path, compression) as stream:
                head = stream.read(8)
        return cls(path, compression, WIDE.get(head[:2]))

    def lines(self) -> Generator[bytes]:
        """Yield every line with its end, in UTF-8. Raises InputError for a file that breaks off."""
        with unpacked(self.path, self.compression) as stream:
            if self.encoding is None:
                yield from stream
                return
            stream.read(2)
            try:
                with io.TextIOWrapper(stream, encoding=self.encoding, newline="") as text:
                    for line in text:
                        yield line.encode()
            except UnicodeError as error:
                raise InputError(f"{self.path}: this is not {self.encoding.upper()} text throughout") from error

    def begins_with(self, mark: bytes) -> bool:
        """Whether the first thing that is no blank is this."""
        with closing(self.lines()) as lines:
            first = next((line for line in lines if line.strip().removeprefix(BOM)), b"")
        return first.removeprefix(BOM).lstrip().startswith(mark)

    def write(self, pieces: Iterable[bytes], target: Path) -> None:
        """Write pieces of UTF-8 as this file is compressed and encoded."""
        with pa.output_stream(str(target), compression=self.compression) as stream:
            if self.encoding:
                stream.write("\ufeff".encode(self.encoding))
            for piece in pieces:
                stream.write(piece.decode().encode(self.encoding) if self.encoding else piece)


def ending_of(path: Path) -> tuple[str, ...]:
    """Return what a file's name ends in, and for a packed one what it ends in under that: `(".csv", ".gz")`."""
    last = path.suffix.lower()
    return (path.with_suffix("").suffix.lower(), last) if last in PACKED else (last,)


@contextmanager
def unpacked(path: Path, compression: str | None) -> Iterator[BinaryIO]:
    """Open a file, and unpack it on the way. Raises InputError for one that is broken."""
    try:
        if compression is None:
            with path.open("rb") as stream:
                yield stream
        else:
            with pa.input_stream(str(path), compression=compression) as packed:
                yield io.BufferedReader(packed)
    except (pa.ArrowException, EOFError) as error:
        raise InputError(f"{path} is {compression}, but cannot be unpacked: {' '.join(str(error).split())}") from error
    except OSError as error:
        if compression is None:
            raise
        raise InputError(f"{path} is {compression}, but cannot be unpacked: {' '.join(str(error).split())}") from error


@dataclass(frozen=True)
class Lines:
    """JSON, one row a line."""

    file: Packed

    def spans(self) -> Generator[Span]:
        """Yield every line that is not blank."""
        for number, line in enumerate(self.file.lines(), start=1):
            if line.strip():
                yield Span(number, line, partial(parsed, self.file.path, number, line))

    def framed(self, spans: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the lines."""
        yield from spans


@dataclass(frozen=True)
class Array:
    """One JSON array, a row an element; it is held in memory."""

    file: Packed

    def spans(self) -> Generator[Span]:
        """Yield every element. Raises RowError for the first that is no JSON, and where the file goes on."""
        path, data = self.file.path, b"".join(self.file.lines()).removeprefix(BOM)
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: this is not UTF-8 text; save the file as UTF-8") from error
        place, number = after_blanks(text, text.index("[") + 1), 0
        while text[place : place + 1] != "]":
            number += 1
            value, end = element(path, number, text, place)
            yield Span(number, text[place:end].encode(), partial(_same, value))
            place = after_blanks(text, end)
            if text[place : place + 1] == ",":
                place = after_blanks(text, place + 1)
            elif text[place : place + 1] != "]":
                raise RowError(path, number, "the array breaks off, or goes on, after this element")
        if after_blanks(text, place + 1) < len(text):
            raise RowError(path, max(number, 1), f"the file goes on after the array; {ONE_A_LINE}, or one array")

    def framed(self, spans: Iterable[bytes]) -> Iterator[bytes]:
        """Yield an array of the elements, each on lines of its own."""
        lead = b"[\n"
        for span in spans:
            yield lead + span
            lead = b",\n"
        yield b"\n]\n" if lead == b",\n" else b"[]\n"


def element(path: Path, number: int, text: str, place: int) -> tuple[Any, int]:
    """Return the value that begins at a place, and where it ends. Raises RowError with its number for none."""
    try:
        return DECODER.raw_decode(text, place)
    except RecursionError as error:
        raise RowError(path, number, "this is nested too deeply to be read") from error
    except ValueError as error:
        if number == 1:
            raise RowError(path, 1, f"this is an array that is no JSON; {ONE_A_LINE}") from error
        raise RowError(path, number, f"this element of the array is not JSON ({error})") from error


@dataclass(frozen=True)
class Table:
    """Cells, a row a record under a first one that names the columns."""

    file: Packed
    delimiter: str

    def records(self) -> Generator[tuple[list[str], bytes]]:
        """Yield every record's cells and bytes, the columns' names first."""
        csv.field_size_limit(LONGEST_CELL)
        taken: list[bytes] = []

        def fed() -> Iterator[str]:
            for line in self.file.lines():
                taken.append(line)
                yield line.removeprefix(BOM).decode()

        number = 0
        try:
            for cells in csv.reader(fed(), delimiter=self.delimiter, strict=True):
                span = b"".join(taken)
                taken.clear()
                if cells:
                    yield cells, span
                    number += 1
        except (csv.Error, UnicodeDecodeError) as error:
            raise RowError(self.file.path, max(number, 1), f"this is no table that can be read: {error}") from error

    @cached_property
    def header(self) -> tuple[list[str], bytes]:
        """The columns' names, and the record that names them."""
        with closing(self.records()) as records:
            found = next(records, None)
        if found is None:
            raise InputError(f"{self.file.path} is a table without a record that names its columns")
        twice = next((name for name in found[0] if found[0].count(name) > 1), None)
        if twice is not None:
            raise InputError(f"{self.file.path} has two columns '{printable(twice)}'; give each a name of its own")
        return found

    def spans(self) -> Generator[Span]:
        """Yield every record but the first, numbered from 1."""
        for number, (cells, data) in enumerate(self.records()):
            if number:
                yield Span(number, data, partial(self.named, number, cells))

    def named(self, number: int, cells: Sequence[str]) -> dict[str, Any]:
        """Return a record's cells by column. Raises RowError for more or fewer cells than columns."""
        names = self.header[0]
        if len(cells) != len(names):
            raise RowError(
                self.file.path, number, f"this record has {len(cells)} cells, the table {len(names)} columns"
            )
        return {
            name: SWITCHES.get(cell.strip().lower(), cell) if name in SWITCHED else cell
            for name, cell in zip(names, cells, strict=True)
        }

    def framed(self, spans: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the columns' names and the records."""
        yield self.header[1]
        yield from spans


def after_blanks(text: str, place: int) -> int:
    """Return where the first thing stands that is no blank, from a place on."""
    found = BLANKS.match(text, place)
    return found.end() if found else place


def _same(value: Any) -> Any:
    return value
