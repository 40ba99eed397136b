"""Cells of a table of text changed where they stand, every other character left as it is.

In: one record's text as it stands, and what goes into which cells. Out: the text. Does not: know a column's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from heredity.store.splice import MARK

QUOTED = re.compile(r'"(?:[^"]|"")*"')
LINE_END = re.compile(r"\r?\n?\Z")


def respelled_cells(text: str, delimiter: str, cells: Mapping[int, str]) -> str:
    """Return a record with other texts in these cells, quoted where the old one was, or where they need it."""
    return joined(
        (
            spelled(cells[number], delimiter, part.startswith('"')) if number in cells else part
            for number, part in enumerate(parts_of(text, delimiter))
        ),
        text,
        delimiter,
    )


def exchanged_cells(text: str, delimiter: str, one: int, other: int) -> str:
    """Return a record with two cells exchanged, each spelled as it was."""
    parts = list(parts_of(text, delimiter))
    parts[one], parts[other] = parts[other], parts[one]
    return joined(iter(parts), text, delimiter)


def joined(parts: Iterator[str], text: str, delimiter: str) -> str:
    """Return cells as the record that they are of, between what it begins and ends with."""
    lead = MARK if text.startswith(MARK) else ""
    found = LINE_END.search(text)
    return lead + delimiter.join(parts) + (found.group() if found else "")


def parts_of(text: str, delimiter: str) -> Iterator[str]:
    """Yield a record's cells as they are spelled, quotes and all; `text` is one that the csv module reads strictly."""
    body = LINE_END.sub("", text.removeprefix(MARK))
    at = 0
    while True:
        quoted = QUOTED.match(body, at)
        end = quoted.end() if quoted else body.find(delimiter, at)
        if end < 0 or end >= len(body):
            yield body[at:]
            return
        yield body[at:end]
        at = end + len(delimiter)


def spelled(value: str, delimiter: str, is_quoted: bool) -> str:
    """Return a cell's text as it is written in a table."""
    needs = is_quoted or value != value.strip() or any(mark in value for mark in (delimiter, '"', "\r", "\n"))
    return '"' + value.replace('"', '""') + '"' if needs else value
