"""Whatever a file holds, it is read or refused: a mutated file never ends in an error that is not ours.

More files: FUZZED_FILES=10000 FUZZED_SEED=1 pytest tests/unit/test_rows_fuzzed.py
"""

import json
import os
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from heredity.ground.errors import InputError
from heredity.store.rows import read_conversations, read_rows

N_FILES = int(os.environ.get("FUZZED_FILES", "500"))
SEED = os.environ.get("FUZZED_SEED", "0")
HALF = "\ud83d"
ODD: list[Any] = [
    None, True, False, 0, 1, -1, 0.5, 2**70, 10**400, float("nan"), float("inf"), "", " ", "\x00", HALF, "\udc00 x",
    "user", "assistant", "tool", [], {}, [[]], [{}], {"a": {"b": []}}, [None], ["assistant"], {"text": "x"},
    [{"type": "text", "text": "x"}], "9" * 5000, "x" * 70_000,
]  # fmt: skip
KEYS = (
    "messages", "prompt", "completion", "answer", "response", "role", "content", "weight", "train", "loss", "loss_mask",
    "masked", "mask", "from", "value", "chosen", "rejected", "instruction", "output", "history", "text", "tool_calls",
    "function_call", "train_detail", "completion_mask", "conversations", HALF, "",
)  # fmt: skip
BYTES = (
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\n",
    b"\r",
    b'"',
    b"\\",
    b"{",
    b"[",
    b"]",
    b"}",
    b",",
    b"NaN",
    b"1e999",
    b"\\ud83d",
)
SPECIAL = (b"[" * 5000, b'{"a":' * 5000, b"9" * 5000, b"\x1f\x8b\x08", b"PAR1", b"\xff\xfe{\x00", b"\xed\xa0\xbd")


def sound(chance: random.Random) -> dict[str, Any]:
    user, assistant = {"role": "user", "content": "what ?"}, {"role": "assistant", "content": "that \N{OWL}"}
    return chance.choice(
        [
            {"prompt": "what ?", "completion": "that"},
            {"messages": [user, assistant, user, {**assistant, "weight": 1}]},
            {"messages": [{"role": "system", "content": "be"}, user, {**assistant, "train": False}, user, assistant]},
            {"prompt": [user], "answer": [assistant], "weight": 1},
            {"messages": [user, {**assistant, "content": None, "tool_calls": []}, {"role": "tool", "content": "x"}]},
            {"messages": [user, assistant], "loss_mask": [0, 1]},
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "what ?"}]}, assistant]},
            {"conversations": [{"from": "human", "value": "what ?"}, {"from": "gpt", "value": "that"}], "system": "be"},
            {"instruction": "say", "input": "what", "output": "that", "history": [["a", "b"]]},
            {"prompt": "what ?", "chosen": "that", "rejected": "this"},
            {"chosen": "\n\nHuman: what ?\n\nAssistant: that", "rejected": "\n\nHuman: what ?\n\nAssistant: this"},
            {"prompt": "what ?", "completion": "that", "label": True},
            {"question": "what ?", "answer": "that"},
            {"text": "that alone"},
        ]
    )


def bent(value: Any, chance: random.Random) -> Any:
    """Return the value with one thing in it changed."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        key = chance.choice(list(value))
        match chance.randrange(4):
            case 0:
                return {k: v for k, v in value.items() if k != key}
            case 1:
                return {**value, chance.choice(KEYS): chance.choice(ODD)}
            case _:
                return {**value, key: bent(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.85:
        place = chance.randrange(len(value))
        return [*value[:place], bent(value[place], chance), *value[place + chance.randrange(2) :]]
    return chance.choice(ODD)


def spoiled(data: bytes, chance: random.Random) -> bytes:
    """Return the bytes with one stretch of them changed."""
    start = chance.randrange(len(data) + 1)
    match chance.randrange(4):
        case 0:
            return data[:start]
        case 1:
            return data[:start] + chance.choice(BYTES) + data[start + chance.randrange(3) :]
        case 2:
            return data[:start] + chance.choice(SPECIAL) + data[start:]
        case _:
            return data[:start] + data[start + chance.randrange(20) :]


def mutated(chance: random.Random) -> bytes:
    rows = [sound(chance) for _ in range(chance.randrange(1, 4))]
    for _ in range(chance.randrange(4)):
        place = chance.randrange(len(rows))
        rows[place] = bent(rows[place], chance)
    data = b"".join(
        json.dumps(row, ensure_ascii=chance.random() < 0.9).encode(errors="surrogatepass") + b"\n" for row in rows
    )
    for _ in range(chance.choice((0, 0, 1, 3))):
        data = spoiled(data, chance)
    return data


def read_or_refused(path: Path, what: object) -> str:
    """Return what came of a file. Fails for an error that is not ours, or that no terminal can show."""
    outcomes = []
    for reader in (read_rows, read_conversations):
        try:
            corpus = reader(path)
            corpus.model_dump_json()
            outcomes.append("read")
        except InputError as error:
            str(error).encode()
            outcomes.append("refused")
        except Exception as error:
            pytest.fail(f"{type(error).__name__}: {error} of {what!r}"[:2000])
    return outcomes[0]


def test_no_mutated_file_ends_in_a_traceback(tmp_path: Path) -> None:
    outcomes = []
    for i in range(N_FILES):
        data = mutated(random.Random(f"{SEED}/{i}"))
        path = tmp_path / "rows.jsonl"
        path.write_bytes(data)
        outcomes.append(read_or_refused(path, data))
    assert min(outcomes.count("read"), outcomes.count("refused")) > N_FILES / 20


def test_no_mutated_array_record_or_packed_file_ends_in_a_traceback(tmp_path: Path) -> None:
    outcomes = []
    for i in range(N_FILES):
        chance = random.Random(f"{SEED}/kinds/{i}")
        rows = [bent(sound(chance), chance) if chance.random() < 0.3 else sound(chance) for _ in range(3)]
        text = json.dumps(rows, indent=chance.choice((None, 1)))
        kind = chance.choice(("array", "csv", "gz", "utf16", "zst"))
        name = {"array": "a.json", "csv": "a.csv"}.get(kind, "a.jsonl")
        if kind == "csv":
            text = 'prompt,completion\n"what, ?","that ""is"""\n"two\nlines",x\n'
        data = text.encode("utf-16") if kind == "utf16" else text.encode()
        for _ in range(chance.choice((0, 0, 1, 2))):
            data = spoiled(data, chance)
        if kind in ("gz", "zst"):
            packed = pa.compress(data, codec={"gz": "gzip", "zst": "zstd"}[kind], asbytes=True)
            data = spoiled(packed, chance) if chance.random() < 0.3 else packed
        path = tmp_path / name
        path.write_bytes(data)
        outcomes.append(read_or_refused(path, data))
    assert min(outcomes.count("read"), outcomes.count("refused")) > N_FILES / 20


def test_no_mutated_table_ends_in_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    for i in range(N_FILES // 5):
        chance = random.Random(f"{SEED}/table/{i}")
        rows = [sound(chance) for _ in range(2)]
        rows[0] = bent(rows[0], chance)
        try:
            pq.write_table(pa.Table.from_pylist([row for row in rows if isinstance(row, dict)]), path)
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            continue
        if chance.random() < 0.5:
            path.write_bytes(spoiled(path.read_bytes(), chance))
        read_or_refused(path, rows)
