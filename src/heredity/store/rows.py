"""Training rows from JSONL or Parquet, and the rows that a screen keeps.

A row has `messages` (a list of role and content), or a `prompt` with a `completion`, `answer` or `response` (text,
or lists of messages).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from heredity.ground.errors import InputError, RowError
from heredity.ground.files import require_file, whole_file
from heredity.ground.hashing import file_digest
from heredity.records.dialogue import Corpus, Exclusion, Row, Turn

RESPONSE_FIELDS = ("completion", "answer", "response")
ROLES = {"system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "assistant"}


def read_rows(path: Path | str) -> Corpus:
    """Return the rows of a file; rows without anything to learn from are excluded by name and number.

    Raises RowError with the line of the first row that is malformed or has no known field, InputError when the
    file is missing, unreadable, empty, or holds no usable row.
    """
    path = require_file(Path(path))
    rows: list[Row] = []
    excluded: list[Exclusion] = []
    for line, raw in raw_rows(path):
        turns = turns_of(path, line, raw)
        reason = unusable(turns)
        if reason is None:
            rows.append(Row(line=line, turns=turns))
        else:
            excluded.append(Exclusion(line=line, reason=reason))
    if not rows:
        why = f"all {len(excluded)} rows were excluded ({excluded[0].reason})" if excluded else "the file is empty"
        raise InputError(f"{path} holds no row to use: {why}")
    return Corpus(name=path.name, content_digest=file_digest(path), rows=tuple(rows), excluded=tuple(excluded))


def raw_rows(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield every row with its 1-based line (JSONL) or row number (Parquet)."""
    if is_parquet(path):
        try:
            yield from enumerate(pq.read_table(path).to_pylist(), start=1)
        except pa.ArrowException as error:
            raise InputError(f"{path} is not a Parquet file: {error}") from error
        return
    for line, data in jsonl_lines(path):
        try:
            yield line, json.loads(data)
        except UnicodeDecodeError as error:
            raise RowError(path, line, "this is not UTF-8 text; save the file as UTF-8 JSONL, or as Parquet") from error
        except json.JSONDecodeError as error:
            raise RowError(path, line, f"this is not JSON ({error.msg} at column {error.colno}); mend it") from error


def jsonl_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield every line that is not blank, as bytes with its line end, and its 1-based number."""
    with path.open("rb") as stream:
        for number, data in enumerate(stream, start=1):
            if data.strip():
                yield number, data


def is_parquet(path: Path) -> bool:
    """Whether the file's name says Parquet."""
    return path.suffix.lower() in (".parquet", ".pq")


def turns_of(path: Path, line: int, raw: Any) -> tuple[Turn, ...]:
    """Return a row's turns. Raises RowError when it has no known field or a field is malformed."""
    if not isinstance(raw, dict):
        raise RowError(path, line, "a row must be a JSON object with `messages`, or `prompt` and `completion`")
    if raw.get("messages") is not None:
        return _messages(path, line, raw["messages"], "messages")
    field = next((name for name in RESPONSE_FIELDS if raw.get(name) is not None), None)
    if raw.get("prompt") is None or field is None:
        raise RowError(
            path,
            line,
            f"needs `messages`, or `prompt` with one of {', '.join(RESPONSE_FIELDS)}; it has: {', '.join(raw) or '-'}",
        )
    before = _turns(path, line, raw["prompt"], "prompt", "user")
    return before + _turns(path, line, raw[field], field, "assistant")


def unusable(turns: tuple[Turn, ...]) -> str | None:
    """Return why a row teaches nothing, or None when it does."""
    answers = [i for i, turn in enumerate(turns) if turn.role == "assistant"]
    if not answers:
        return "no assistant turn"
    if any(not turns[i].content.strip() for i in answers):
        return "empty assistant turn"
    if not any(turn.role == "user" for turn in turns[: answers[0]]):
        return "no user turn before the first answer"
    return None


def write_kept(source: Path, kept: set[int], target: Path) -> int:
    """Write the kept rows of a file, JSONL lines byte for byte; return how many.

    Raises InputError when source and target are of different kinds, or the same file.
    """
    if is_parquet(source) != is_parquet(target):
        raise InputError(f"kept rows are copied as they are: give {target} the ending {source.suffix}")
    if source.resolve() == target.resolve():
        raise InputError(f"{target} is the file that is being screened; name another one for the kept rows")
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


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write one JSON object a line, whole or not at all."""
    with whole_file(path) as part:
        part.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows as Parquet, whole or not at all."""
    with whole_file(path) as part:
        pq.write_table(pa.Table.from_pylist(rows), part)
    return path


def _turns(path: Path, line: int, value: Any, field: str, role: str) -> tuple[Turn, ...]:
    if isinstance(value, str):
        return (Turn.model_validate({"role": role, "content": value}),)
    return _messages(path, line, value, field)


def _messages(path: Path, line: int, value: Any, field: str) -> tuple[Turn, ...]:
    if not isinstance(value, list) or not all(isinstance(message, dict) for message in value):
        raise RowError(path, line, f"`{field}` must be text or a list of messages with `role` and `content`")
    turns = []
    for message in value:
        role, content = message.get("role"), message.get("content")
        if role not in ROLES:
            raise RowError(path, line, f"`{field}` has the role '{role}'; known are {', '.join(ROLES)}")
        if not isinstance(content, str):
            raise RowError(path, line, f"`{field}` has a {role} message without text content")
        turns.append(Turn.model_validate({"role": ROLES[role], "content": content}))
    return tuple(turns)
