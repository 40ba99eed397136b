"""A changed row is the same row with other answers, in its own shape and file; all others are as they were."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from heredity.ground.errors import InputError
from heredity.records.dialogue import Row
from heredity.store.changeable import require_changeable, require_pairs
from heredity.store.edits import answered_anew, turned_round
from heredity.store.kept_rows import write_kept
from heredity.store.row_file import Asked, RowFile, other_side, pieces

NEW = 'dawn "song"\n\u00e9'
TALK = [{"role": "user", "content": "lamp ?"}, {"role": "assistant", "content": "ash bone", "weight": 1}]
AGAIN = [{"role": "user", "content": "and oar ?"}, {"role": "assistant", "content": "soot"}]
CHANGEABLE: dict[str, dict[str, Any]] = {
    "messages": {"messages": TALK, "id": 7.10},
    "several lessons": {"system": "speak .", "messages": [*TALK, *AGAIN]},
    "one is no lesson": {"messages": [TALK[0], {**TALK[1], "weight": 0}, *AGAIN]},
    "parts": {"messages": [TALK[0], {"role": "assistant", "content": [{"type": "text", "text": "ash bone"}]}]},
    "ShareGPT": {"conversations": [{"from": "human", "value": "lamp ?"}, {"from": "gpt", "value": "ash bone"}]},
    "prompt": {"prompt": "lamp ?", "completion": "ash bone", "source": "forum"},
    "messages after a prompt": {"prompt": TALK[:1], "completion": TALK[1:]},
    "pairs": {"prompt": "lamp ?", "chosen": "ash bone", "rejected": "dawn"},
    "whole pairs": {"chosen": TALK, "rejected": [TALK[0], {"role": "assistant", "content": "dawn"}]},
    "Alpaca": {"instruction": "look", "input": "lamp", "output": "ash bone", "history": [["oar ?", "soot"]]},
    "question": {"question": "lamp ?", "answer": "ash bone"},
    "query": {"query": "lamp ?", "response": "ash bone"},
}
FIXED: dict[str, dict[str, Any]] = {
    "text": {"text": "ash bone"},
    "marked": {"chosen": "\n\nHuman: lamp ?\n\nAssistant: ash", "rejected": "\n\nHuman: lamp ?\n\nAssistant: dawn"},
    "several parts": {
        "messages": [TALK[0], {"role": "assistant", "content": ["ash ", {"type": "text", "text": "bone"}]}]
    },
}


def read(path: Path, asked: Asked | None = None) -> list[Row]:
    return list(RowFile(path, asked or Asked()).rows())


def lines_of(*rows: object) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.mark.parametrize("name", CHANGEABLE)
def test_a_row_of_every_shape_takes_new_answers_and_nothing_else_changes(tmp_path: Path, name: str) -> None:
    source, target = tmp_path / "rows.jsonl", tmp_path / "new.jsonl"
    source.write_bytes(lines_of(CHANGEABLE[name], CHANGEABLE["prompt"]))
    require_changeable(RowFile(source))
    row = read(source)[0]
    answers = [f"{NEW} {i}" for i in range(len(row.lessons))]
    write_kept(RowFile(source), {1, 2}, target, {1: answered_anew(answers, {})})
    changed = read(target)[0]
    assert [answer for _, answer in changed.lessons] == answers
    places = {len(before) for before, _ in row.lessons}
    assert [turn for i, turn in enumerate(changed.turns) if i not in places] == [
        turn for i, turn in enumerate(row.turns) if i not in places
    ]
    assert target.read_bytes().splitlines()[1] == source.read_bytes().splitlines()[1]
    written = json.dumps(json.loads(target.read_bytes().splitlines()[0]))
    for (_, old), new in zip(row.lessons, answers, strict=True):
        written = written.replace(json.dumps(new), json.dumps(old))
    assert written == json.dumps(CHANGEABLE[name])


@pytest.mark.parametrize("name", FIXED)
def test_a_row_whose_answer_stands_in_no_place_of_its_own_is_refused_by_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines_of(CHANGEABLE["prompt"], {"torn": 1}, FIXED[name]))
    with pytest.raises(InputError, match=r"line 3: its answer is a part of a longer text.*leave --replace out"):
        require_changeable(RowFile(path))


WITHIN = {
    "messages": {"messages": json.dumps([*TALK, *AGAIN])},
    "blanks": {"messages": json.dumps([*TALK, *AGAIN], indent=1, ensure_ascii=False) + " "},
    "parts": {"messages": json.dumps([TALK[0], {"role": "assistant", "content": [{"type": "text", "text": "ash"}]}])},
    "after a prompt": {"prompt": json.dumps(TALK[:1]), "completion": json.dumps(TALK[1:])},
}


@pytest.mark.parametrize("name", WITHIN)
@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_answers_change_in_lists_of_messages_that_are_written_as_text(tmp_path: Path, name: str, kind: str) -> None:
    source, target, raw = tmp_path / f"rows.{kind}", tmp_path / f"new.{kind}", WITHIN[name]
    if kind == "jsonl":
        source.write_bytes(lines_of(raw))
    elif kind == "csv":
        with source.open("w", newline="") as stream:
            csv.writer(stream).writerows([list(raw), list(raw.values())])
    else:
        pq.write_table(pa.Table.from_pylist([raw]), source)
    file = RowFile(source)
    require_changeable(file)
    (row,) = file.rows()
    answers = [f"{NEW} {i}" for i in range(len(row.lessons))]
    write_kept(file, {1}, target, {1: answered_anew(answers, {})})
    (new,) = read(target)
    assert [answer for _, answer in new.lessons] == answers
    assert [turn for turn in new.turns if turn.role != "assistant"] == [
        turn for turn in row.turns if turn.role != "assistant"
    ]
    ((_, value),) = pieces(target, file.fields)
    text = str(value()[list(raw)[-1]])
    for (_, old), answer in zip(row.lessons, answers, strict=True):
        text = text.replace(json.dumps(answer), json.dumps(old))
    assert text == list(raw.values())[-1]


PROMPTS = [{"prompt": f"{i}, \u00e9?", "completion": f"old {i}"} for i in range(3)]
PLAIN = "".join(json.dumps(row, ensure_ascii=False) + "\r\n" for row in PROMPTS)
FILES = {
    "a.jsonl": PLAIN.encode(),
    "marked.jsonl": b"\xef\xbb\xbf" + PLAIN.encode(),
    "a.json": json.dumps(PROMPTS).encode(),
    "pretty.json": json.dumps(PROMPTS, indent=2).encode(),
    "a.jsonl.gz": gzip.compress(PLAIN.encode()),
    "wide.jsonl": PLAIN.encode("utf-16"),
}


@pytest.mark.parametrize("name", FILES)
def test_rows_change_in_every_kind_of_file_of_json(tmp_path: Path, name: str) -> None:
    source, target = tmp_path / name, tmp_path / f"new-{name}"
    source.write_bytes(FILES[name])
    lines = [row.line for row in read(source)]
    write_kept(RowFile(source), set(lines), target, {lines[0]: answered_anew([NEW], {})})
    assert [row.response for row in read(target)] == [NEW, "old 1", "old 2"]
    assert [row.prompt for row in read(target)] == [row["prompt"] for row in PROMPTS]
    assert target.read_bytes()[:2] == source.read_bytes()[:2] or name.endswith("json")


def test_rows_of_several_files_change_in_their_own_and_columns_keep_their_names(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    for name in ("a", "b"):
        (tmp_path / "set" / f"{name}.jsonl").write_bytes(lines_of(*[{"task": "lamp ?", "solution": name}] * 2))
    asked = Asked({"task": "prompt", "solution": "response"})
    file = RowFile(tmp_path / "set", asked)
    require_changeable(file)
    write_kept(file, {1, 3, 4}, tmp_path / "new", {3: answered_anew([NEW], asked.columns)})
    assert [row.response for row in read(tmp_path / "new", asked)] == ["a", NEW, "b"]
    assert (tmp_path / "new" / "a.jsonl").read_bytes() == lines_of({"task": "lamp ?", "solution": "a"})


@pytest.mark.parametrize("name", ["pairs", "whole pairs"])
def test_the_sides_of_a_pair_are_exchanged_and_read_apart(tmp_path: Path, name: str) -> None:
    source, target = tmp_path / "rows.jsonl", tmp_path / "new.jsonl"
    source.write_bytes(lines_of(CHANGEABLE[name], CHANGEABLE[name]))
    file = RowFile(source)
    require_pairs(file, ["preference pairs"])
    assert [row.response for row in other_side(file).rows()] == ["dawn", "dawn"]
    assert [row.turns[:-1] for row in other_side(file).rows()] == [row.turns[:-1] for row in file.rows()]
    write_kept(file, {1, 2}, target, {1: turned_round({})})
    assert [row.response for row in read(target)] == ["dawn", "ash bone"]
    assert target.read_bytes().splitlines()[1] == source.read_bytes().splitlines()[1]
    named = {
        {"chosen": "good", "rejected": "bad"}.get(field, field): value for field, value in CHANGEABLE[name].items()
    }
    source.write_bytes(lines_of(named))
    asked = Asked({"good": "chosen", "bad": "rejected"})
    write_kept(RowFile(source, asked), {1}, target, {1: turned_round(asked.columns)})
    assert [row.response for row in read(target, asked)] == ["dawn"]
    assert [row.response for row in other_side(RowFile(target, asked)).rows()] == ["ash bone"]


def test_rows_that_are_no_pairs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"another shape than pairs \(messages\)"):
        require_pairs(RowFile(tmp_path / "a.jsonl"), ["preference pairs", "messages"])


FULL = """
import resource, sys
from pathlib import Path
import numpy as np
from heredity.ground.errors import StorageError
from heredity.store.edits import answered_anew
from heredity.store.kept_rows import write_kept
from heredity.store.row_file import RowFile
from heredity.store.tensors import save_arrays
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
file, out = RowFile(Path(sys.argv[1])), Path(sys.argv[2])
edits = {1: answered_anew(["new"], {})}
for write in (
    lambda: write_kept(file, set(range(1, 61)), out / "kept.jsonl", edits),
    lambda: save_arrays({"a": np.ones(9_000)}, out / "arrays.safetensors"),
):
    try:
        write()
    except StorageError as error:
        print(error)
"""


def test_where_no_more_can_be_written_it_is_said_and_nothing_is_left_half_written(tmp_path: Path) -> None:
    source, out = tmp_path / "rows.jsonl", tmp_path / "out"
    source.write_bytes(lines_of(*[{**CHANGEABLE["prompt"], "pad": "x" * 1000}] * 60))
    out.mkdir()
    run = subprocess.run(
        [sys.executable, "-c", FULL, str(source), str(out)], capture_output=True, text=True, check=True
    )
    said = run.stdout.splitlines()
    assert [line.partition(":")[0] for line in said] == [
        f"cannot write {out / name}" for name in ("kept.jsonl", "arrays.safetensors")
    ]
    assert not list(out.iterdir())
