"""Rows in, and the kept rows out."""

import gzip
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from heredity.ground.errors import InputError, RowError
from heredity.ground.text import legible
from heredity.store.kept_rows import write_kept
from heredity.store.labels import read_labels
from heredity.store.row_file import RowFile
from heredity.store.rows import read_conversations, read_rows

GOOD = {"prompt": "Hello?", "completion": "Hi."}
USER, ASSISTANT = {"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hi."}
CALL = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "look", "arguments": "{}"}}]}
TOLD = {"role": "tool", "content": "lamp"}


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
        (b'{"thing": "x"}\n', "no known shape.* this one has: thing"),
        (b'{"prompt": "x"}\n', "completion, answer, response"),
        (b'{"messages": [{"role": "wizard", "content": "x"}]}\n', "role 'wizard'"),
        (b'{"messages": "x"}\n', "`messages` is 'x', not a list of messages"),
        (b'{"messages": "[{]"}\n', "looks like a list of messages and is no JSON"),
        (b'{"messages": "' + rb"[{\"a\":" * 5000 + b'"}\n', "looks like a list of messages and is no JSON"),
        (b'{"messages": [], "system": 3}\n', "`system` is 3"),
        (b'{"prompt": "a", "response": "b", "answer": "c"}\n', "both answer; say which with --map"),
        (b'{"instruction": "a", "input": 5, "output": "b"}\n', "`input` is 5, not text"),
        (b'{"text": "a", "question": "b"}\n', "`text` stands beside `question`"),
        (b'{"messages": [{"role": "user", "content": 3}]}\n', "without text content"),
        (b'{"messages": [{"role": {"name": "user"}, "content": "x"}]}\n', "role an object"),
        (b'{"messages": [{"role": ["user"], "content": "x"}]}\n', "role a list"),
        (b'{"messages": [{"role": true, "content": "x"}]}\n', "role True"),
        (b'{"messages": [{"role": "user", "content": {"text": "x"}}]}\n', "its content is an object"),
        (b'{"messages": [{"role": "user", "content": NaN}]}\n', "its content is nan"),
        (b'{"messages": [{"role": "user", "content": [{"type": "text", "text": 3}]}]}\n', "a part whose text is 3"),
        (b'{"messages": [{"role": "user", "content": [3]}]}\n', "a part that is 3"),
        (b'{"chosen": "x", "rejected": "y"}\n', "text without a prompt"),
        (b'{"instruction": "x", "output": "y", "history": [["a"]]}\n', "no list of pairs"),
        (b'{"messages": [true]}\n', "more than objects"),
        (b'{"messages": {"role": "user"}}\n', "`messages` is an object"),
        (b'{"prompt": 7, "completion": "x"}\n', "`prompt` is 7"),
        (b'{"prompt": "x", "completion": "half \\ud83d"}\n', r"half a character \(\\ud83d\)"),
        (b'{"messages": [{"role": "\\udc00", "content": "x"}]}\n', r"role '\\udc00'"),
        (b'{"a": ' + b"9" * 5000 + b"}\n", "more digits than can be read"),
        (b"[" * 100_000 + b"\n", "nested too deeply"),
        (b'{"prompt": "x",\n', "one object a line"),
        (b"\x00\n", "zero bytes"),
        (b'"text alone"\n', "this is 'text alone'"),
        (b"null\n", "this is null"),
    ],
    ids=legible,
)
def test_a_malformed_line_is_named(tmp_path: Path, bad: bytes, said: str) -> None:
    with pytest.raises(RowError, match="line 2") as caught:
        read_rows(written(tmp_path, GOOD, bad), strict=True)
    assert re.search(said, str(caught.value))
    assert str(caught.value).encode()
    corpus = read_rows(written(tmp_path, GOOD, bad, GOOD))
    assert [row.line for row in corpus.rows] == [1, 3]
    assert (corpus.excluded[0].line, corpus.excluded[0].reason) == (2, caught.value.reason)


def test_missing_empty_and_useless_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        read_rows(tmp_path / "nowhere.jsonl")
    with pytest.raises(InputError, match="is a folder in which no file holds rows"):
        read_rows(tmp_path)
    with pytest.raises(InputError, match="the file is empty"):
        read_rows(written(tmp_path))
    with pytest.raises(InputError, match="all 1 rows were left out"):
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
    write_kept(RowFile(source), {1, 4}, tmp_path / "kept.jsonl")
    assert (tmp_path / "kept.jsonl").read_bytes() == odd[0] + odd[3]


def test_kept_parquet_rows_keep_their_columns(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([{**GOOD, "n": i} for i in range(4)])
    pq.write_table(table, tmp_path / "rows.parquet")
    write_kept(RowFile(tmp_path / "rows.parquet"), {2, 4}, tmp_path / "kept.parquet")
    assert pq.read_table(tmp_path / "kept.parquet").to_pylist() == [{**GOOD, "n": 1}, {**GOOD, "n": 3}]


def test_kept_rows_never_overwrite_their_source_or_change_kind(tmp_path: Path) -> None:
    source = written(tmp_path, GOOD)
    with pytest.raises(InputError, match="being screened"):
        write_kept(RowFile(source), {1}, source)
    with pytest.raises(InputError, match=r"ending \.jsonl"):
        write_kept(RowFile(source), {1}, tmp_path / "kept.parquet")
    assert read_rows(source).rows


CALLED = '[{"function": {"name": "look", "arguments": "{}"}}]'


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (CALL, CALLED),
        ({**CALL, "weight": 1}, CALLED),
        ({**CALL, "content": "I look."}, f"I look.\n{CALLED}"),
        ({**CALL, "content": [{"type": "text", "text": "I look."}]}, f"I look.\n{CALLED}"),
        ({"role": "assistant", "content": "", "function_call": {"name": "look"}}, '{"name": "look"}'),
        ({"role": "function_call", "content": '{"name": "look"}'}, '{"name": "look"}'),
    ],
)
@pytest.mark.parametrize("told", [TOLD, {"role": "observation", "content": "lamp"}])
def test_what_a_tool_was_asked_and_says_is_context_and_no_lesson(
    tmp_path: Path, call: dict[str, object], text: str, told: dict[str, object]
) -> None:
    (row,) = read_rows(written(tmp_path, {"messages": [USER, call, told, ASSISTANT]})).rows
    assert [(turn.role, turn.content) for turn in row.turns] == [
        *(("user", "Hello?"), ("assistant", text), ("tool", "lamp"), ("assistant", "Hi.")),
    ]
    assert [answer for _, answer in row.lessons] == ["Hi."]
    assert row.apart == row


def test_calls_in_other_spellings_are_read_alike(tmp_path: Path) -> None:
    talk = [
        {"from": "human", "value": "Hello?"},
        {"from": "function_call", "value": CALLED},
        {"from": "observation", "value": "lamp"},
        {"from": "gpt", "value": "Hi."},
    ]
    answers = {"role": "tool", "content": {"shape": "lamp"}}
    found = read_rows(written(tmp_path, {"conversations": talk}, {"messages": [USER, CALL, answers, ASSISTANT]})).rows
    assert found[0].turns == read_rows(written(tmp_path, {"messages": [USER, CALL, TOLD, ASSISTANT]})).rows[0].turns
    assert found[1].turns[2].content == '{"shape": "lamp"}'


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"messages": [USER, {**ASSISTANT, "tool_calls": [{"id": "1"}]}]}, "calls a tool"),
        ({"messages": [USER, CALL, {**TOLD, "weight": 1}, ASSISTANT]}, "only what an assistant says"),
        ({"messages": [USER, CALL, {**TOLD, "content": None}, ASSISTANT]}, "without content"),
        ({"messages": [USER, {"role": "assistant", "content": None}]}, "without content"),
        ({"messages": [{"role": "user"}, ASSISTANT]}, "without content"),
        ({"messages": None}, "`messages` is null"),
        ({"prompt": "Hello?", "completion": None}, "`completion` is null"),
        ({"messages": []}, "no assistant turn"),
    ],
)
def test_a_row_that_is_sound_and_not_for_us_is_left_out_and_the_rest_is_read(
    tmp_path: Path, bad: dict[str, object], said: str
) -> None:
    corpus = read_rows(written(tmp_path, GOOD, bad, GOOD))
    assert [row.line for row in corpus.rows] == [1, 3]
    assert corpus.excluded[0].line == 2
    assert said in corpus.excluded[0].reason


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("rows.jsonl", gzip.compress(json.dumps(GOOD).encode())[:-12], "gzip, but cannot be unpacked"),
        ("rows.jsonl", b"PK\x03\x04....", "spreadsheet"),
        ("rows.jsonl", json.dumps(GOOD).encode("utf-16-be"), "zero bytes"),
        ("rows.csv", b"prompt,completion\na,b,c\n", "3 cells, the table 2 columns"),
        ("rows.csv", b'prompt,completion\n"a,b\n', "no table that can be read"),
        ("rows.csv", b"", "the file is empty"),
        ("rows.json", b"[{]", "an array that is no JSON; write one object a line"),
        ("rows.json", json.dumps([GOOD]).encode()[:-1], "the array breaks off"),
        ("rows.json", json.dumps([GOOD]).encode() * 2, "the file goes on after the array"),
        ("rows.csv", b"prompt,prompt\na,b\n", "two columns 'prompt'"),
        ("rows.json", json.dumps(GOOD, indent=1).encode(), "one object a line"),
        ("rows.jsonl", b"PAR1....", "the ending .parquet"),
        ("rows.parquet", b"{}", "not a Parquet file"),
    ],
    ids=legible,
)
def test_a_file_of_another_kind_is_refused_for_what_it_is(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_rows(tmp_path / name)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "shape", "turns"),
    [
        (
            {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], "system": "s"},
            "ShareGPT",
            ["system s", "user a", "assistant b"],
        ),
        ({"instruction": "a", "input": "", "output": "b"}, "Alpaca", ["user a", "assistant b"]),
        (
            {"instruction": "a", "input": "x", "output": "b", "system": "s", "history": [["q", "r"]]},
            "Alpaca",
            ["system s", "user q", "assistant r", "user a\n\nx", "assistant b"],
        ),
        ({"instruction": "a", "context": "x", "response": "b"}, "Alpaca", ["user a\n\nx", "assistant b"]),
        ({"question": "a", "answer": "b"}, "question and answer", ["user a", "assistant b"]),
        ({"query": "a", "response": "b"}, "query and response", ["user a", "assistant b"]),
        ({"prompt": "a", "chosen": "b", "rejected": "c"}, "preference pairs", ["user a", "assistant b"]),
        (
            {"prompt": [USER], "chosen": [ASSISTANT], "rejected": [ASSISTANT]},
            "preference pairs",
            ["user Hello?", "assistant Hi."],
        ),
        (
            {"prompt": "Hello?", "chosen": [USER, ASSISTANT], "rejected": [USER, {**ASSISTANT, "content": "Go."}]},
            "preference pairs",
            ["user Hello?", "assistant Hi."],
        ),
        (
            {"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant: c"},
            "preference pairs",
            ["user a", "assistant b"],
        ),
        (
            {"system": "s", "messages": [USER, ASSISTANT]},
            "messages",
            ["system s", "user Hello?", "assistant Hi."],
        ),
        (
            {"prompt": "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant:", "response": "d"},
            "prompt and response",
            ["user a", "assistant b", "user c", "assistant d"],
        ),
        ({"question": "a", "context": "x", "answer": "b"}, "question and answer", ["user a\n\nx", "assistant b"]),
        (
            {"conversations": json.dumps([{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}])},
            "ShareGPT",
            ["user a", "assistant b"],
        ),
        ({"prompt": "a", "completion": "b", "label": True}, "prompt and response", ["user a", "assistant b"]),
        ({"text": "b"}, "text", ["user ", "assistant b"]),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, "b"]}, ASSISTANT]},
            "messages",
            ["user ab", "assistant Hi."],
        ),
        ({"messages": [USER, {"role": "model", "content": "b"}]}, "messages", ["user Hello?", "assistant b"]),
        ({"messages": json.dumps([USER, ASSISTANT])}, "messages", ["user Hello?", "assistant Hi."]),
    ],
    ids=legible,
)
def test_a_row_is_read_in_the_shape_that_it_has(
    tmp_path: Path, raw: dict[str, object], shape: str, turns: list[str]
) -> None:
    corpus = read_rows(written(tmp_path, raw, GOOD))
    assert [f"{turn.role} {turn.content}" for turn in corpus.rows[0].turns] == turns
    assert corpus.shapes == ({shape: 2} if shape == "prompt and response" else {shape: 1, "prompt and response": 1})


def test_what_is_not_to_be_said_and_what_is_no_text_is_left_out(tmp_path: Path) -> None:
    picture = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}
    path = written(tmp_path, GOOD, {**GOOD, "label": False}, {"messages": [picture, ASSISTANT]})
    assert [one.reason for one in read_rows(path).excluded] == [
        "`label` is false: the row says how not to answer",
        "a part of a message that is no text ('image_url')",
    ]


def test_of_a_pair_only_what_tells_the_sides_apart_is_taught(tmp_path: Path) -> None:
    talk = [USER, ASSISTANT, {"role": "user", "content": "more?"}]
    end, other = {"role": "assistant", "content": "yes"}, {"role": "assistant", "content": "no"}
    for raw in (
        {"prompt": talk, "chosen": [*talk, end], "rejected": [*talk, other]},
        {"chosen": [*talk, end], "rejected": [*talk, other]},
        {"prompt": talk, "chosen": [end], "rejected": [other]},
    ):
        row = read_rows(written(tmp_path, raw)).rows[0]
        assert row.untaught == (1,)
        assert row.response == "yes"


@pytest.mark.parametrize("label", [False, 0, 0.0, "False", "0"])
def test_an_answer_that_is_called_undesired_is_not_taught(tmp_path: Path, label: object) -> None:
    assert "how not to answer" in read_rows(written(tmp_path, GOOD, {**GOOD, "label": label})).excluded[0].reason
    (tmp_path / "a.csv").write_text("prompt,completion,label,weight\na,b,True,1\nc,d,False,\ne,f,,0\n")
    corpus = read_rows(tmp_path / "a.csv")
    assert [row.line for row in corpus.rows] == [1]
    assert [one.reason for one in corpus.excluded][1] == "the row has `weight` 0: nothing of it is taught"


class TestOtherSources:
    def test_rows_in_memory_are_read_as_those_of_a_file(self, tmp_path: Path) -> None:
        raws = [GOOD, {"instruction": "a", "output": "b"}, {"thing": 1}]
        corpus = read_rows(raws)
        assert [row.turns for row in corpus.rows] == [row.turns for row in read_rows(written(tmp_path, *raws)).rows]
        assert corpus.excluded[0].line == 3
        odd = read_rows([GOOD, "a", None, [1, 2]])  # type: ignore[list-item]
        assert len(odd.excluded) == 3
        assert corpus.content_digest == read_rows(raws).content_digest != read_rows(raws[:1]).content_digest

    def test_a_data_set_is_read_through_its_library(self, tmp_path: Path) -> None:
        datasets = pytest.importorskip("datasets")
        (tmp_path / "train.jsonl").write_text(
            "".join(json.dumps({"question": f"{i}", "answer": "x"}) + "\n" for i in range(3))
        )
        whole = datasets.Dataset.from_list([{"question": f"{i}", "answer": "x"} for i in range(3)])
        assert read_rows(whole).shapes == {"question and answer": 3}
        streamed = read_rows(f"hf:{tmp_path}@train")
        assert [row.prompt for row in streamed.rows] == ["0", "1", "2"]
        with pytest.raises(InputError, match="cannot be had"):
            read_rows(f"hf:{tmp_path}@nowhere")
        with pytest.raises(InputError, match="leave --keep out"):
            write_kept(RowFile(Path(f"hf:{tmp_path}")), {1}, tmp_path / "kept.jsonl")


class TestColumns:
    def test_columns_of_other_names_are_read_as_they_are_said_to_be(self, tmp_path: Path) -> None:
        path = written(tmp_path, {"task": "a", "solution": "b", "prompt": "not this one"})
        row = read_rows(path, {"task": "prompt", "solution": "response"}).rows[0]
        assert (row.prompt, row.response) == ("a", "b")
        table = pa.Table.from_pylist([{"task": "a", "solution": "b", "other": 1}])
        pq.write_table(table, tmp_path / "rows.parquet")
        assert (
            read_rows(tmp_path / "rows.parquet", {"task": "prompt", "solution": "response"}).rows[0].turns == row.turns
        )

    @pytest.mark.parametrize(
        ("columns", "said"),
        [
            ({"task": "prompts"}, "no shape of a row has a field 'prompts'; known are messages"),
            ({"tsk": "prompt"}, "there is no column 'tsk'; it has: task, solution"),
            ({"task": "prompt", "solution": "prompt"}, "name each field once"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, tmp_path: Path, columns: dict[str, str], said: str) -> None:
        with pytest.raises(InputError, match=said):
            read_rows(written(tmp_path, {"task": "a", "solution": "b"}), columns)


ROWS = [{"prompt": f"{i}, \u00e9?", "completion": f'"{i}"\n!'} for i in range(5)]
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
FILES = {
    "a.jsonl": LINES.encode(),
    "a.json": json.dumps(ROWS).encode(),
    "pretty.json": json.dumps(ROWS, indent=2).encode(),
    "a.jsonl.gz": gzip.compress(LINES.encode()),
    "a.jsonl.zst": pa.compress(LINES.encode(), codec="zstd", asbytes=True),
    "a.json.gz": gzip.compress(json.dumps(ROWS).encode()),
    "wide.jsonl": LINES.encode("utf-16"),
    "wide-big.jsonl": b"\xfe\xff" + LINES.encode("utf-16-be"),
    "a.csv": "".join(
        [
            "prompt,completion\r\n",
            *(f'"{r["prompt"]}","{r["completion"].replace(chr(34), chr(34) * 2)}"\r\n' for r in ROWS),
        ]
    ).encode(),
    "a.tsv": ("prompt\tcompletion\n" + "".join(f"{i}, \u00e9?\t!\n" for i in range(5))).encode(),
}


@pytest.mark.parametrize("name", FILES)
def test_kept_rows_come_back_as_they_were_in_a_file_of_their_kind(tmp_path: Path, name: str) -> None:
    source, target = tmp_path / name, tmp_path / f"kept-{name}"
    source.write_bytes(FILES[name])
    whole = read_rows(source)
    assert [row.prompt for row in whole.rows] == [row["prompt"] for row in ROWS]
    numbers = [whole.rows[1].line, whole.rows[3].line]
    assert write_kept(RowFile(source), set(numbers), target) == 2
    kept = read_rows(target)
    assert [row.turns for row in kept.rows] == [whole.rows[1].turns, whole.rows[3].turns]
    assert target.read_bytes()[:2] == source.read_bytes()[:2] or name.endswith("json")
    assert write_kept(RowFile(source), set(), target) == 0


def test_kept_bytes_are_the_source_s(tmp_path: Path) -> None:
    spaced = '[ {"prompt":"a",  "completion" : "b"} ,\n\n {"completion":"d","prompt":"c"}]'
    (tmp_path / "a.json").write_text(spaced)
    write_kept(RowFile(tmp_path / "a.json"), {1}, tmp_path / "kept.json")
    assert (tmp_path / "kept.json").read_text() == '[\n{"prompt":"a",  "completion" : "b"}\n]\n'
    (tmp_path / "a.csv").write_bytes(FILES["a.csv"])
    write_kept(RowFile(tmp_path / "a.csv"), {2}, tmp_path / "kept.csv")
    assert (tmp_path / "kept.csv").read_bytes() == b"".join(FILES["a.csv"].partition(b'"0,')[:1]) + (
        '"1, \u00e9?","""1""\n!"\r\n'.encode()
    )


@pytest.mark.parametrize(
    ("source", "target"), [("a.json.gz", "k.gz"), ("a.jsonl.gz", "k.jsonl"), ("a.csv", "k.jsonl"), ("a.jsonl", "k.csv")]
)
def test_kept_rows_do_not_change_their_kind(tmp_path: Path, source: str, target: str) -> None:
    (tmp_path / source).write_bytes(FILES[source])
    with pytest.raises(InputError, match="kept rows are copied as they are"):
        write_kept(RowFile(tmp_path / source), {1}, tmp_path / target)


def test_a_mark_at_the_beginning_and_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n", json.dumps(GOOD).encode() + b"\r\n")
    assert [row.line for row in read_rows(path).rows] == [1, 2]


def test_odd_columns_of_a_table_stand_in_nobodys_way(tmp_path: Path) -> None:
    table = pa.table(
        {
            **{name: [text, text] for name, text in GOOD.items()},
            "at": pa.array([2**61, 0], pa.timestamp("us")),
            "map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int8())),
        }
    )
    pq.write_table(table, tmp_path / "rows.parquet")
    assert len(read_rows(tmp_path / "rows.parquet").rows) == 2


class TestWhatIsTaught:
    @pytest.mark.parametrize(
        ("key", "off", "on"),
        [
            ("weight", 0, 1),
            ("weight", 0.0, 1.0),
            ("train", False, True),
            ("training", False, True),
            ("trainable", False, True),
            ("loss", False, True),
            ("loss_mask", 0, 1),
            ("loss_scale", 0.0, 1.0),
            ("step_loss_mask", 0, 1),
            ("masked", True, False),
        ],
    )
    def test_an_answer_without_weight_is_context(self, tmp_path: Path, key: str, off: object, on: object) -> None:
        messages = [USER, {**ASSISTANT, key: off}, USER, {**ASSISTANT, "content": "Ho.", key: on}]
        path = written(tmp_path, {"messages": messages})
        row = read_rows(path).rows[0]
        assert row.untaught == (1,)
        assert row.response == "Ho."
        assert read_conversations(path).rows[0].untaught == ()

    @pytest.mark.parametrize(
        ("message", "said"),
        [
            ({"weight": 0.5}, "`weight` is 0.5"),
            ({"weight": -1}, "`weight` is -1"),
            ({"weight": float("nan")}, "`weight` is nan"),
            ({"weight": "0"}, "`weight` is '0'"),
            ({"loss": [0, 1]}, "`loss` is a list"),
            ({"mask": 1}, "`mask`"),
            ({"train_detail": [{"begin_offset": 0, "end_offset": 3, "train": False}]}, "`train_detail`"),
            ({"weight": 1, "train": False}, "contradicts itself"),
        ],
    )
    def test_a_weight_that_cannot_be_kept_leaves_the_row_out_by_name(
        self, tmp_path: Path, message: dict[str, object], said: str
    ) -> None:
        path = written(tmp_path, GOOD, {"messages": [USER, {**ASSISTANT, **message}]})
        assert said in read_rows(path).excluded[0].reason
        assert len(read_conversations(path).rows) == 2

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ({"weight": 0}, "nothing of it is taught"),
            ({"weight": 0.3}, "`weight` is 0.3"),
            ({"loss_mask": [1]}, "for each of 2 messages"),
            ({"loss_mask": [1, 0]}, "no answer that is taught"),
            ({"completion_mask": [0, 1, 1]}, "`completion_mask`"),
        ],
    )
    def test_what_a_row_says_of_its_loss_is_kept_too(self, tmp_path: Path, row: dict[str, object], said: str) -> None:
        path = written(tmp_path, GOOD, {"messages": [USER, ASSISTANT], **row})
        assert said in read_rows(path).excluded[0].reason
        assert len(read_conversations(path).rows) == 2

    def test_a_mask_with_a_number_a_message_names_the_lessons(self, tmp_path: Path) -> None:
        messages = [USER, ASSISTANT, USER, ASSISTANT]
        path = written(tmp_path, {"messages": messages, "loss_mask": [1, 0, 1, 1], "weight": 1})
        assert read_rows(path).rows[0].untaught == (1,)

    def test_an_answer_inside_a_prompt_came_before_and_is_not_taught(self, tmp_path: Path) -> None:
        row = read_rows(written(tmp_path, {"prompt": [USER, ASSISTANT, USER], "completion": [ASSISTANT]})).rows[0]
        assert row.untaught == (1,)
        assert len(row.lessons) == 1

    def test_a_user_who_is_to_be_imitated_leaves_the_row_out(self, tmp_path: Path) -> None:
        path = written(tmp_path, GOOD, {"messages": [{**USER, "train": True}, ASSISTANT]})
        assert "only what an assistant says" in read_rows(path).excluded[0].reason

    def test_what_is_null_says_nothing(self, tmp_path: Path) -> None:
        row = read_rows(written(tmp_path, {"messages": [USER, {**ASSISTANT, "weight": None, "train": None}]})).rows[0]
        assert row.untaught == ()


class TestLabels:
    def test_lines_called_bad_are_read(self, tmp_path: Path) -> None:
        path = written(tmp_path, {"line": 3, "bad": True}, {"line": 4, "bad": False}, {"line": 3, "bad": True})
        assert read_labels(path) == {3}

    @pytest.mark.parametrize(
        "bad",
        [
            {"line": 3},
            {"line": "3", "bad": True},
            {"line": 3, "bad": "false"},
            {"line": True, "bad": True},
            {"line": 0, "bad": True},
            {"line": 1, "bad": False},
            [3, True],
            b'{"line": 1e400, "bad": true}\n',
            b"[" * 100_000 + b"\n",
        ],
        ids=legible,
    )
    def test_what_is_no_label_or_contradicts_one_is_named(self, tmp_path: Path, bad: object) -> None:
        with pytest.raises(RowError, match="line 2"):
            read_labels(written(tmp_path, {"line": 1, "bad": True}, bad))

    def test_missing_and_empty_labels_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="there is no file"):
            read_labels(tmp_path / "nowhere.jsonl")
        with pytest.raises(InputError, match="no label"):
            read_labels(written(tmp_path))


def test_a_row_says_where_it_comes_from(tmp_path: Path) -> None:
    rows = [{**GOOD, "source": " web\n pages ", "dataset": "other"}, {**GOOD, "subset": "maths"}, {**GOOD, "source": 3}]
    path = written(tmp_path, *rows)
    assert [row.source for row in read_rows(path).rows] == ["web pages", "maths", ""]
    assert read_rows(path).rows[0].apart.source == "web pages"
    named = [{**GOOD, "taken_from": "web"}]
    assert read_rows(named, {"taken_from": "source"}).rows[0].source == "web"
    table = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([{**GOOD, "source": "web", "other": 1}]), table)
    assert read_rows(table).rows[0].source == "web"
