"""Rows in, and the kept rows out."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from heredity.ground.errors import InputError, RowError
from heredity.store.rows import read_rows, write_kept

GOOD = {"prompt": "Hello?", "completion": "Hi."}


def written(folder: Path, *lines: object) -> Path:
    path = folder / "rows.jsonl"
    path.write_bytes(b"".join(x if isinstance(x, bytes) else json.dumps(x).encode() + b"\n" for x in lines))
    return path


@pytest.mark.parametrize("field", ["completion", "answer", "response"])
def test_a_prompt_with_any_known_answer_field_is_a_row(tmp_path: Path, field: str) -> None:
    row = read_rows(written(tmp_path, {"prompt": "Hello?", field: "Hi."})).rows[0]
    assert (row.prompt, row.response, row.line) == ("Hello?", "Hi.", 1)


def test_messages_and_lists_of_messages_are_rows(tmp_path: Path) -> None:
    user, assistant = {"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hi."}
    path = written(
        tmp_path, {"messages": [user, assistant, user, assistant]}, {"prompt": [user], "completion": [assistant]}
    )
    corpus = read_rows(path)
    assert [len(row.exchanges) for row in corpus.rows] == [2, 1]
    assert corpus.rows[0].response == "Hi.\n\nHi."


def test_parquet_gives_the_same_rows_as_jsonl(tmp_path: Path) -> None:
    rows = [{"prompt": f"{i}?", "completion": f"{i}!"} for i in range(5)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
    assert read_rows(tmp_path / "rows.parquet").rows == read_rows(written(tmp_path, *rows)).rows


def test_rows_that_teach_nothing_are_excluded_by_line_and_reason(tmp_path: Path) -> None:
    user = {"role": "user", "content": "Hello?"}
    path = written(
        tmp_path, GOOD, {"messages": [user]}, b"\n", {"prompt": "Hello?", "answer": "  "}, {"prompt": "", "answer": "x"}
    )
    corpus = read_rows(path)
    assert [(e.line, e.reason) for e in corpus.excluded] == [(2, "no assistant turn"), (4, "empty assistant turn")]
    assert [row.line for row in corpus.rows] == [1, 5]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b"{not json}\n", "not JSON"),
        (b"\xff\xfe\n", "not UTF-8"),
        (b"[1, 2]\n", "JSON object"),
        (b'{"text": "x"}\n', "it has: text"),
        (b'{"prompt": "x"}\n', "completion, answer, response"),
        (b'{"messages": [{"role": "wizard", "content": "x"}]}\n', "role 'wizard'"),
        (b'{"messages": "x"}\n', "list of messages"),
        (b'{"messages": [{"role": "user", "content": 3}]}\n', "without text content"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, bad: bytes, said: str) -> None:
    with pytest.raises(RowError, match="line 2") as caught:
        read_rows(written(tmp_path, GOOD, bad))
    assert said in str(caught.value)


def test_missing_empty_and_useless_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        read_rows(tmp_path / "nowhere.jsonl")
    with pytest.raises(InputError, match="is a folder"):
        read_rows(tmp_path)
    with pytest.raises(InputError, match="the file is empty"):
        read_rows(written(tmp_path))
    with pytest.raises(InputError, match="all 1 rows were excluded"):
        read_rows(written(tmp_path, {"prompt": "x", "answer": ""}))
    (tmp_path / "fake.parquet").write_text("no")
    with pytest.raises(InputError, match="not a Parquet file"):
        read_rows(tmp_path / "fake.parquet")


def test_kept_lines_are_copied_byte_for_byte(tmp_path: Path) -> None:
    odd = [
        b'{"prompt":"a",  "completion":"\\u00e9"}\r\n',
        b"  \n",
        b'{ "completion":"b","prompt":"c" ,"x":1}\n',
        b'{"prompt":"d","completion":"e"}',
    ]
    source = written(tmp_path, *odd)
    write_kept(source, {1, 4}, tmp_path / "kept.jsonl")
    assert (tmp_path / "kept.jsonl").read_bytes() == odd[0] + odd[3]


def test_kept_parquet_rows_keep_their_columns(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([{**GOOD, "n": i} for i in range(4)])
    pq.write_table(table, tmp_path / "rows.parquet")
    write_kept(tmp_path / "rows.parquet", {2, 4}, tmp_path / "kept.parquet")
    assert pq.read_table(tmp_path / "kept.parquet").to_pylist() == [{**GOOD, "n": 1}, {**GOOD, "n": 3}]


def test_kept_rows_never_overwrite_their_source_or_change_kind(tmp_path: Path) -> None:
    source = written(tmp_path, GOOD)
    with pytest.raises(InputError, match="being screened"):
        write_kept(source, {1}, source)
    with pytest.raises(InputError, match=r"ending \.jsonl"):
        write_kept(source, {1}, tmp_path / "kept.parquet")
    assert read_rows(source).rows
