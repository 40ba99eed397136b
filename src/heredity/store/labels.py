"""Lines that are known to be bad, from a file of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heredity.ground.errors import InputError, RowError
from heredity.ground.files import require_file
from heredity.store.jsonl import json_lines

FORM = '{"line": 3, "bad": true}'


def read_labels(path: Path | str) -> set[int]:
    """Return the lines that a labels file calls bad (`{"line": 3, "bad": true}`).

    Raises RowError for a line of another form or one that contradicts an earlier one, InputError for a file that is
    missing, empty or of another kind.
    """
    path = require_file(Path(path))
    said: dict[int, bool] = {}
    for number, label in json_lines(path):
        line, bad = _label(path, number, label)
        if said.setdefault(line, bad) != bad:
            raise RowError(path, number, f"line {line} is called bad here and not elsewhere; name each line once")
    if not said:
        raise InputError(f"{path} holds no label; each line must read {FORM}")
    return {line for line, bad in said.items() if bad}


def _label(path: Path, number: int, label: Any) -> tuple[int, bool]:
    line, bad = (label.get("line"), label.get("bad")) if isinstance(label, dict) else (None, None)
    if type(line) is not int or line < 1 or type(bad) is not bool:
        raise RowError(path, number, f"this is no label; each line must read {FORM}")
    return line, bad
