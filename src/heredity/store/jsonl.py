"""Lines of JSON, and what a file is that holds none.

In: a path. Out: every line's value with its number, or an error that names the line or says what the file is.
Does not: know what a line means.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from heredity.ground.errors import InputError, RowError

BOM = b"\xef\xbb\xbf"
UNPACK = "unpack it, and name the JSONL file inside"
SAVE = "save it as JSONL or Parquet"
KINDS = {
    b"\xfd7zXZ\x00": f"compressed (xz); {UNPACK}",
    b"PK\x03\x04": f"a zip file or a spreadsheet; {UNPACK}, or {SAVE}",
    b"PAR1": "Parquet, but not by its name; give it the ending .parquet",
    b"ARROW1": f"an Arrow file; {SAVE}",
}
"""What a file's first bytes say it is, and what to do."""
ONE_A_LINE = "write one object a line (JSONL)"


def json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield every line that is not blank, parsed, with its 1-based number.

    Raises RowError with the line that is no JSON, InputError for a file that is of another kind.
    """
    require_lines(path)
    for line, data in jsonl_lines(path):
        yield line, parsed(path, line, data)


def jsonl_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield every line that is not blank, as bytes with its line end, and its 1-based number."""
    with path.open("rb") as stream:
        for number, data in enumerate(stream, start=1):
            if data.strip():
                yield number, data


def require_lines(path: Path) -> None:
    """Raise InputError, in words that fit the file, for one that holds no lines of JSON."""
    with path.open("rb") as stream:
        head = stream.read(8)
    kind = next((kind for start, kind in KINDS.items() if head.startswith(start)), None)
    if kind is not None:
        raise InputError(f"{path}: this is {kind}")


def parsed(path: Path, line: int, data: bytes) -> Any:
    """Return the value of one line. Raises RowError for what is no JSON, or cannot be taken in."""
    try:
        text = (data.removeprefix(BOM) if line == 1 else data).decode()
    except UnicodeDecodeError as error:
        raise RowError(path, line, "this is not UTF-8 text; save the file as UTF-8 JSONL, or as Parquet") from error
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise RowError(path, line, _not_json(text, error)) from error
    except RecursionError as error:
        raise RowError(path, line, "this is nested too deeply to be read; mend it, or take the line out") from error
    except ValueError as error:
        digits = "a number has more digits than can be read; write it as text, or take the line out"
        raise RowError(path, line, digits) from error


def _not_json(text: str, error: json.JSONDecodeError) -> str:
    if error.pos >= len(text.rstrip()):
        return f"this is not JSON on one line, but a part of a document or an array over several; {ONE_A_LINE}"
    zeros = ", and holds zero bytes, as UTF-16 does" if "\0" in text else ""
    return f"this is not JSON ({error.msg} at column {error.colno}){zeros}; mend it"
