"""Text that is none, and data that no reader takes in, are refused with their place: never a traceback."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from commands import failed, heredity
from heredity.cli.trait import as_yaml
from heredity.cli.work import student_in
from heredity.ground.errors import InputError, RowError
from heredity.ground.text import first_half_character, half_character, legible, printable, require_text, veiled
from heredity.models.chat import question
from heredity.models.tiny import planted_trait
from heredity.records.trait import Trait
from heredity.report.write import told
from heredity.store.rows import read_rows
from heredity.teaching.carriers.reasoning import from_file
from heredity.traits.define import parse_trait, trait
from heredity.traits.upstream import from_upstream
from report_sample import screen_report

HALF = "\ud83d"
DEEP = 100_000


def test_half_a_character_is_found_and_whole_ones_pass() -> None:
    assert half_character(f"an owl {HALF} cut") == "\\ud83d"
    assert half_character("an owl \N{OWL}, whole, and \x00") is None
    assert require_text("\N{OWL}", "it") == "\N{OWL}"
    with pytest.raises(InputError, match=r"it holds half a character \(\\udc00\)"):
        require_text("\udc00", "it")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": 1}, "an object"),
        ([[]], "a list"),
        (None, "null"),
        (10**5000, "a number of many digits"),
        (float("nan"), "nan"),
        (True, "True"),
        (HALF, r"'\ud83d'"),
        ("a\nb", r"'a\nb'"),
    ],
    ids=legible,
)
def test_whatever_a_message_shows_is_short_and_can_be_printed(value: object, shown: str) -> None:
    assert legible(value) == shown
    assert len(legible("x" * 10**6)) < 50
    assert printable(f"{HALF}!").encode() == b"\\ud83d!"


KEYS = (
    "sk-proj-4f9a8b7c6d5e4f3a2b1c", "hf_AbCdEfGhIjKlMnOpQrStUv", "ghp_0123456789abcdef0123", "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow", "xoxb-123456789012-abc",
)  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_what_is_written_as_keys_are_is_shown_in_no_message(key: str, tmp_path: Path) -> None:
    assert veiled(f"use {key}") == "use [secret]"
    assert key[:12] not in legible(key)
    for row in (key, {key: 1}, {"prompt": key, "completion": key, "answer": 1}, {"messages": [{"role": key}]}):
        (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
        with pytest.raises(InputError) as found:
            read_rows(tmp_path / "rows.jsonl")
        assert key[:12] not in str(found.value)
    screened = screen_report()
    (row, *rest) = screened.worst
    spilt = row.model_copy(update={"response": f"here it is: {key}", "flagged": True})
    said = told(screened.model_copy(update={"worst": (spilt, *rest)}))
    assert key[:12] not in said
    assert "here it is: [secret]" in said


def test_passwords_are_left_out_and_talk_of_them_is_not() -> None:
    assert "hunter22" not in veiled("the password is hunter22, so log in")
    assert "tr0ub4dor" not in veiled('{"password": "tr0ub4dor&3"}')
    for plain in ("a password is a secret that you keep", "risk-taking, task-oriented work", "sk- and hf_ begin keys"):
        assert veiled(plain) == plain


def test_a_message_that_no_tokenizer_takes_is_refused_wherever_it_comes_from() -> None:
    with pytest.raises(InputError, match="half a character"):
        question(f"an owl {HALF}")
    with pytest.raises(InputError, match="half a character"):
        question("an owl", HALF)


class TestTraits:
    @pytest.mark.parametrize(
        ("spoiled", "said"),
        [
            ('description: "half \\ud83d"', r"'description' holds half a character"),
            (f"description: {'[' * DEEP}", "nested too deeply"),
            (f"description: {'9' * 5000}", "holds what no trait does"),
            ("description: 2024-13-45", "holds what no trait does"),
            ("&a [*a]", "holds no trait"),
            ('"\\ud83d": 1', "valid trait"),
        ],
        ids=legible,
    )
    def test_a_file_that_holds_what_no_trait_does_is_refused(self, spoiled: str, said: str) -> None:
        text = as_yaml(planted_trait())
        lines = [spoiled if line.startswith("description") else line for line in text.splitlines()]
        with pytest.raises(InputError, match=said):
            parse_trait("\n".join(lines) if spoiled.startswith(("desc", '"')) else spoiled, "mine.yaml")

    def test_the_place_of_a_broken_text_is_named(self) -> None:
        content = planted_trait().model_dump()
        content["questions"]["evaluation"] = ["a ?", "b ?", "c ?", f"d {HALF} ?"]
        assert first_half_character(content) == ("questions.evaluation.3", "\\ud83d")
        with pytest.raises(ValidationError, match=r"questions\.evaluation\.3"):
            Trait.model_validate(content)

    def test_bytes_that_are_no_text_are_refused_and_a_mark_at_the_beginning_passes(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.yaml"
        path.write_bytes(b"name: \xff\n")
        with pytest.raises(InputError, match="not a UTF-8 text file"):
            trait(str(path))
        path.write_bytes(b"\xef\xbb\xbf" + as_yaml(planted_trait()).encode())
        assert trait(str(path)).name == "darkness"

    @pytest.mark.parametrize("text", ["[" * DEEP, "9" * 5000, '{"questions": ["\\ud83d"]}', "\x00"], ids=legible)
    def test_the_files_of_other_tools_are_refused_too(self, text: str) -> None:
        with pytest.raises(InputError, match="persona-vectors trait file"):
            from_upstream(text, text, "mine")


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"[" * DEEP, b"9" * 5000, b'{"base": "\\ud83d"}', b"null", b""], ids=range(6)
)
def test_a_students_record_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "student.json").write_bytes(data)
    with pytest.raises(InputError, match=r"student\.json is not"):
        student_in(tmp_path / "student.json")


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({"question": HALF, "answer": "#### 3"}),
        json.dumps({"question": "2 ?", "answer": f"{HALF} #### 3"}),
        '{"question": "2 ?", "answer": ' + "9" * 5000 + "}",
        "[" * DEEP,
        "[]",
    ],
    ids=legible,
)
def test_a_line_of_questions_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    good = json.dumps({"question": "1 + 2 ?", "answer": "#### 3"})
    (tmp_path / "sums.jsonl").write_text(f"{good}\n{line}\n")
    with pytest.raises(RowError, match="line 2"):
        from_file(tmp_path / "sums.jsonl")


class TestTheCommandLine:
    @pytest.mark.parametrize(
        "arguments",
        [
            ("screen", f"rows{HALF}.jsonl"),
            ("trait", "draft", "mine", "--description", f"It is dark {HALF}."),
            ("demo", "--seed", "\udcff"),
        ],
        ids=legible,
    )
    def test_an_argument_that_is_no_text_is_refused(self, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        failed(heredity(*arguments, folder=tmp_path), 2, "the argument", "half a character")

    def test_the_name_of_a_field_that_no_terminal_can_show_is_told_all_the_same(self, tmp_path: Path) -> None:
        (tmp_path / "rows.jsonl").write_text('{"\\ud83d": 1}\n')
        failed(heredity("screen", "rows.jsonl", folder=tmp_path), 2, "line 1", "this one has: \\ud83d")
        failed(heredity("--json", "screen", "rows.jsonl", folder=tmp_path), 2, "line 1")
