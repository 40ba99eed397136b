"""Rows of tables change where they are asked to: every other cell, type and layout is as it was."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from heredity.ground.errors import InputError
from heredity.store.cells import exchanged_cells, parts_of, respelled_cells
from heredity.store.changeable import require_changeable, require_pairs
from heredity.store.edits import answered_anew, turned_round
from heredity.store.kept_rows import write_kept
from heredity.store.row_file import Asked, RowFile
from heredity.store.tables import MOST_HELD, bounded, column_file

NEW = 'dawn, "song"\n\U0001f600 \u00e9'
TEXTS = {
    "string": pa.string(),
    "large": pa.large_string(),
    "view": pa.string_view(),
    "dictionary": pa.dictionary(pa.int32(), pa.string()),
    "small dictionary": pa.dictionary(pa.int8(), pa.string()),
}


def read(path: Path, asked: Asked | None = None) -> list[str]:
    return [row.response for row in RowFile(path, asked or Asked()).rows()]


def talk(*texts: str) -> list[dict[str, Any]]:
    roles = ("user", "assistant")
    return [{"role": roles[i % 2], "content": text, "at": i / 3} for i, text in enumerate(texts)]


def odd_columns(n: int) -> dict[str, Any]:
    """Columns that no row is read from, of types that a second writer would change."""
    return {
        "moment": pa.array([10**18 + i for i in range(n)], pa.timestamp("ns", "UTC")),
        "half": pa.array([None if i % 3 else i / 7 for i in range(n)], pa.float32()),
        "bytes": pa.array([bytes([i % 256, 255]) for i in range(n)], pa.binary()),
        "kind": pa.array(["ab"[i % 2] for i in range(n)]).dictionary_encode(),
        "deep": pa.array([[{"x": [i, None]}] if i % 2 else None for i in range(n)]),
    }


def plain_table(n: int, kind: pa.DataType) -> pa.Table:
    answers = pa.array([f"old {i}" for i in range(n)]).cast(pa.string())
    column = answers.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else answers.cast(kind)
    return pa.table({"prompt": [f"{i}?" for i in range(n)], "completion": column, **odd_columns(n)})


def changed(path: Path, edits: dict[int, list[str]], kept: set[int] | None = None) -> Path:
    """Return the file with other answers, written beside it."""
    file, target = RowFile(path), path.parent / f"new-{path.name}"
    require_changeable(file)
    every = {row.line for row in file.rows()}
    write_kept(file, every if kept is None else kept, target, {n: answered_anew(new, {}) for n, new in edits.items()})
    return target


@pytest.mark.parametrize("name", TEXTS)
def test_answers_change_in_text_of_every_type_and_all_other_cells_stay(tmp_path: Path, name: str) -> None:
    table = plain_table(20, TEXTS[name])
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=8)
    new = pq.read_table(changed(tmp_path / "a.parquet", {1: [NEW], 8: ["eight"], 9: ["nine"]}))
    assert new.schema.equals(pq.read_table(tmp_path / "a.parquet").schema, check_metadata=True)
    assert new.schema.field("completion").type == TEXTS[name]
    expected = [{0: NEW, 7: "eight", 8: "nine"}.get(i, f"old {i}") for i in range(20)]
    assert new["completion"].to_pylist() == expected
    others = [column for column in table.column_names if column != "completion"]
    assert new.select(others).equals(table.select(others))


@pytest.mark.parametrize("codec", ["snappy", "zstd", "gzip", "none"])
def test_row_groups_and_packing_are_as_they_were(tmp_path: Path, codec: str) -> None:
    source = tmp_path / "a.parquet"
    pq.write_table(
        plain_table(20, pa.string()), source, row_group_size=8, compression=codec, use_dictionary=["completion"]
    )
    target = changed(source, {9: [NEW], 16: ["x"]}, kept={1, *range(9, 18)})
    old, new = pq.read_metadata(source), pq.read_metadata(target)
    assert [new.row_group(i).num_rows for i in range(new.num_row_groups)] == [1, 8, 1]
    for i in range(old.num_columns):
        one, other = old.row_group(0).column(i), new.row_group(0).column(i)
        assert (one.path_in_schema, one.compression) == (other.path_in_schema, other.compression)
        assert one.has_dictionary_page == other.has_dictionary_page
    assert read(target)[1] == NEW


def test_a_text_that_went_is_nowhere_in_the_file(tmp_path: Path) -> None:
    table = plain_table(6, pa.dictionary(pa.int32(), pa.string()))
    pq.write_table(table, tmp_path / "a.parquet", compression="none")
    assert b"old 3" in (tmp_path / "a.parquet").read_bytes()
    assert b"old 3" not in changed(tmp_path / "a.parquet", {4: ["x"]}).read_bytes()


def test_a_row_group_that_memory_cannot_hold_becomes_several() -> None:
    big = pa.record_batch({"x": pa.array([b"x" * (MOST_HELD // 2 + 1)], pa.large_binary())})
    assert [len(part) for part in bounded(iter([big, big, big]))] == [2, 1]


NESTED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "messages": ({"messages": [talk("a?", "b"), talk("c?", "d", "e?", "f"), None, talk("g?", "h")]}, ["b", "d", "h"]),
    "parts": (
        {"messages": [[{"role": "user", "content": [{"type": "text", "text": "a?"}]}, *said] for said in ([
            {"role": "assistant", "content": [{"type": "text", "text": text}]}] for text in "bdh")]},
        ["b", "d", "h"],
    ),
    "history": (
        {"instruction": ["a", "b", "c"], "output": ["x", "y", "z"], "history": [None, [["q", "r"]], []]},
        ["x", "r", "z"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("is_large", [False, True])
def test_answers_change_in_lists_of_messages_and_what_stands_beside_them_stays(
    tmp_path: Path, name: str, is_large: bool
) -> None:
    columns, first = NESTED[name]
    table = pa.table(columns)
    if is_large:
        kinds = [
            pa.large_list(field.type.value_type) if pa.types.is_list(field.type) else field.type
            for field in table.schema
        ]
        table = table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))
    source = tmp_path / "a.parquet"
    pq.write_table(table, source, row_group_size=3)
    rows = list(RowFile(source).rows())
    assert [row.lessons[0][1] for row in rows] == first
    edits = {row.line: [f"{NEW} {row.line} {i}" for i in range(len(row.lessons))] for row in rows[1:]}
    target = changed(source, edits, kept=set(range(1, len(table) + 1)))
    new = pq.read_table(target)
    assert new.schema.equals(pq.read_table(source).schema, check_metadata=True)
    after = list(RowFile(target).rows())
    assert {row.line: [answer for _, answer in row.lessons] for row in after[1:]} == edits
    text = json.dumps(new.to_pylist())
    for row in rows[1:]:
        for (_, old), answer in zip(row.lessons, edits[row.line], strict=True):
            text = text.replace(json.dumps(answer), json.dumps(old))
    assert json.loads(text) == table.to_pylist()


@pytest.mark.parametrize("kinds", [("string", "string"), ("large", "dictionary"), ("view", "string")])
def test_sides_of_pairs_are_exchanged_in_columns(tmp_path: Path, kinds: tuple[str, str]) -> None:
    sides = {}
    for name, kind in zip(("chosen", "rejected"), kinds, strict=True):
        plain = pa.array([f"{name} {i}" for i in range(9)])
        sides[name] = plain.dictionary_encode() if kind == "dictionary" else plain.cast(TEXTS[kind])
    table = pa.table({"prompt": ["a?"] * 9, **sides, **odd_columns(9)})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=4)
    file = RowFile(tmp_path / "a.parquet")
    require_pairs(file, ["preference pairs"])
    write_kept(file, set(range(1, 9)), tmp_path / "b.parquet", dict.fromkeys((4, 5), turned_round({})))
    new = pq.read_table(tmp_path / "b.parquet")
    assert new.schema.equals(pq.read_table(tmp_path / "a.parquet").schema)
    assert [i for i, text in enumerate(new["chosen"].to_pylist()) if text == f"rejected {i}"] == [3, 4]
    assert [i for i, text in enumerate(new["rejected"].to_pylist()) if text == f"chosen {i}"] == [3, 4]
    others = [name for name in table.column_names if name not in sides]
    assert new.select(others).equals(table.select(others).slice(0, 8))


def test_sides_that_are_conversations_are_exchanged(tmp_path: Path) -> None:
    pairs = [{"chosen": talk("a?", f"c{i}"), "rejected": talk("a?", f"r{i}", "b?", "s")} for i in range(3)]
    pq.write_table(pa.Table.from_pylist(pairs), tmp_path / "a.parquet")
    file = RowFile(tmp_path / "a.parquet")
    require_pairs(file, ["preference pairs"])
    write_kept(file, {1, 2, 3}, tmp_path / "b.parquet", {2: turned_round({})})
    turned = {"chosen": pairs[1]["rejected"], "rejected": pairs[1]["chosen"]}
    assert pq.read_table(tmp_path / "b.parquet").to_pylist() == [pairs[0], turned, pairs[2]]


def test_types_that_cannot_hold_other_texts_are_refused_before_any_work(tmp_path: Path) -> None:
    full = [str(i) for i in range(129)]
    narrow = pa.array([f"{i % 9}" for i in range(129)]).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string()))
    pq.write_table(pa.table({"prompt": full, "completion": narrow}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"column 'completion' of a\.parquet is of type dictionary<.*int8.*plain text"):
        require_changeable(RowFile(tmp_path / "a.parquet"))
    pq.write_table(pa.table({"prompt": full, "chosen": full, "rejected": narrow}), tmp_path / "b.parquet")
    with pytest.raises(InputError, match=r"of b\.parquet is of type .*leave --swap out"):
        require_pairs(RowFile(tmp_path / "b.parquet"), ["preference pairs"])
    mixed = pa.table({"prompt": ["a?"], "chosen": ["b"], "rejected": [talk("a?", "c")[1:]]})
    pq.write_table(mixed, tmp_path / "c.parquet")
    with pytest.raises(InputError, match=r"'chosen' and 'rejected' of c\.parquet are of different types"):
        require_pairs(RowFile(tmp_path / "c.parquet"), ["preference pairs"])
    marked = "\n\nHuman: a?\n\nAssistant: "
    pq.write_table(pa.table({"chosen": [marked + "b"], "rejected": [marked + "c"]}), tmp_path / "d.parquet")
    with pytest.raises(InputError, match=r"line 1: its answer is a part of a longer text.*leave --replace out"):
        require_changeable(RowFile(tmp_path / "d.parquet"))


def test_rows_of_a_data_set_on_disk_change_and_it_stays_one(tmp_path: Path) -> None:
    made = [{"messages": talk(f"{i}?", f"old {i}"), "id": i} for i in range(5)]
    whole = datasets.Dataset.from_list(made)
    whole.save_to_disk(str(tmp_path / "set"), num_shards=2)
    target = changed(tmp_path / "set", {2: [NEW], 5: ["last"]}, kept={1, 2, 5})
    new = datasets.load_from_disk(str(target))
    assert new.features == whole.features
    expected = [made[0], {**made[1], "messages": talk("1?", NEW)}, {**made[4], "messages": talk("4?", "last")}]
    assert new.to_list() == expected


QUOTED = '"0, a?","old ""0""\r\n, still"'
RECORDS = [QUOTED, "1?,old 1", '"2?",old 2', "3?,", '4?,"old 4"', "5?,  old 5 "]


def a_csv(delimiter: str = ",", end: str = "\r\n") -> str:
    return end.join([f"prompt{delimiter}completion", *(text.replace("?,", f"?{delimiter}") for text in RECORDS)]) + end


CSVS: dict[str, tuple[bytes, Callable[[bytes], str]]] = {
    "a.csv": (a_csv().encode(), bytes.decode),
    "marked.csv": (b"\xef\xbb\xbf" + a_csv(end="\n").encode(), bytes.decode),
    "wide.csv": (a_csv().encode("utf-16"), lambda data: data.decode("utf-16")),
    "a.csv.gz": (gzip.compress(a_csv().encode()), lambda data: gzip.decompress(data).decode()),
    "no-end.csv": (a_csv().rstrip().encode(), bytes.decode),
}


@pytest.mark.parametrize("name", CSVS)
def test_cells_change_and_every_other_byte_of_a_table_of_text_stays(tmp_path: Path, name: str) -> None:
    data, text_of = CSVS[name]
    (tmp_path / name).write_bytes(data)
    whole = {row.line: row.response for row in RowFile(tmp_path / name).rows()}
    target = changed(tmp_path / name, {2: [NEW], 5: ["short"], 6: ["short"]})
    after = {row.line: row.response for row in RowFile(target).rows()}
    assert list(after.values()) == [whole[1], NEW, whole[3], "short", "short"]
    spelled = f'"{NEW.replace(chr(34), chr(34) * 2)}"'
    wanted = text_of(data).replace("old 1", spelled).replace("old 4", "short").replace("  old 5", "short")
    rest = text_of(data)[text_of(data).rstrip().rfind("old 5") + len("old 5") :].lstrip(" ")
    wanted = wanted[: wanted.rfind("short") + 5] + rest
    assert text_of(target.read_bytes()) == "".join(
        part for part in wanted.splitlines(keepends=True) if not part.startswith("3?")
    )


def test_cells_of_pairs_are_exchanged_as_they_are_spelled(tmp_path: Path) -> None:
    table = 'good\tprompt\tbad\n"a\t""b"""\tq?\tc\nd\tr?\te\n'
    (tmp_path / "a.tsv").write_text(table)
    asked = Asked({"good": "chosen", "bad": "rejected"})
    file = RowFile(tmp_path / "a.tsv", asked)
    require_pairs(file, ["preference pairs"])
    write_kept(file, {1, 2}, tmp_path / "b.tsv", {1: turned_round(asked.columns)})
    assert (tmp_path / "b.tsv").read_text() == 'good\tprompt\tbad\nc\tq?\t"a\t""b"""\nd\tr?\te\n'


@pytest.mark.parametrize("seed", range(60))
def test_whatever_stands_in_a_record_its_cells_are_found_and_changed_alone(seed: int) -> None:
    chance = random.Random(seed)
    delimiter = chance.choice([",", "\t"])
    style = chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    marks = ',\t"\n \u00e9\U0001f600x' + ("\r" if style == csv.QUOTE_ALL else "")
    cells = ["".join(chance.choices(marks, k=chance.randrange(5))) for _ in range(4)]
    stream = io.StringIO(newline="")
    end = chance.choice(["\n", "\r\n"])
    csv.writer(stream, delimiter=delimiter, quoting=style, lineterminator=end).writerow(cells)
    text = stream.getvalue()
    parts = list(parts_of(text, delimiter))
    assert delimiter.join(parts) + end == text

    def cells_of(record: str) -> list[str]:
        return next(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter, strict=True))

    place = chance.randrange(4)
    new = respelled_cells(text, delimiter, {place: NEW})
    assert cells_of(new) == [*cells[:place], NEW, *cells[place + 1 :]]
    assert [part for i, part in enumerate(parts_of(new, delimiter)) if i != place] == [
        part for i, part in enumerate(parts) if i != place
    ]
    turned = exchanged_cells(text, delimiter, 0, 3)
    assert cells_of(turned) == [cells[3], cells[1], cells[2], cells[0]]
    assert exchanged_cells(turned, delimiter, 0, 3) == text


FULL = """
import resource, sys
from pathlib import Path
from heredity.ground.errors import StorageError
from heredity.store.edits import answered_anew
from heredity.store.kept_rows import write_kept
from heredity.store.row_file import RowFile
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
for name in sys.argv[2:]:
    try:
        write_kept(RowFile(Path(name)), set(range(1, 61)), Path(sys.argv[1]) / Path(name).name,
                   {1: answered_anew(["new"], {})})
    except StorageError as error:
        print(error)
"""


def test_where_no_more_can_be_written_no_half_of_a_table_is_left(tmp_path: Path) -> None:
    chance, out = random.Random(0), tmp_path / "out"
    rows = [{"prompt": "a?", "completion": "b", "pad": chance.randbytes(500).hex()} for _ in range(60)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=9, compression="none")
    datasets.Dataset.from_list(rows).save_to_disk(str(tmp_path / "set"))
    with (tmp_path / "a.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    out.mkdir()
    names = [str(tmp_path / name) for name in ("a.parquet", "a.csv", "set")]
    run = subprocess.run([sys.executable, "-c", FULL, str(out), *names], capture_output=True, text=True, check=True)
    assert [line.partition(":")[0].startswith(f"cannot write {out}") for line in run.stdout.splitlines()] == [True] * 3
    assert not list(out.iterdir())


@pytest.mark.parametrize("seed", range(30))
def test_whichever_rows_go_on_and_change_the_others_stay_as_they_were(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    made = [
        {"messages": chance.choice([None, [], talk("a?", f"b{i}"), talk("a?", f"b{i}", "c?", "\u00e9")]), "n": i}
        for i in range(chance.randrange(1, 40))
    ]
    made[0]["messages"] = talk("a?", "b", "c?", "d")
    kind = chance.choice([pa.list_, pa.large_list])
    message = pa.struct({"role": pa.dictionary(pa.int32(), pa.string()), "content": pa.string(), "at": pa.float64()})
    table = pa.Table.from_pylist(made, pa.schema({"messages": kind(message), "n": pa.int32()}))
    source, target = tmp_path / f"a.{chance.choice(['parquet', 'arrow'])}", tmp_path / "b"
    target = target.with_suffix(source.suffix)
    if source.suffix == ".arrow":
        with pa.OSFile(str(source), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table, max_chunksize=chance.randrange(1, 9))
    else:
        pq.write_table(table, source, row_group_size=chance.randrange(1, 9))
    file = RowFile(source)
    require_changeable(file)
    rows = {row.line: row for row in file.rows()}
    kept = {n for n in range(1, len(made) + 1) if chance.random() < 0.6} | {1}
    answers = {n: [NEW] * len(row.lessons) for n, row in rows.items() if n in kept and chance.random() < 0.5}
    write_kept(file, kept, target, {n: answered_anew(texts, {}) for n, texts in answers.items()})
    for n in answers:
        for message in made[n - 1]["messages"]:
            message.update({"content": NEW} if message["role"] == "assistant" else {})
    batches = [batch for group in column_file(target).groups() for batch in group]  # type: ignore[union-attr]
    assert pa.Table.from_batches(batches).to_pylist() == [made[n - 1] for n in sorted(kept)]
