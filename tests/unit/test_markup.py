"""Text that spells control tokens is told of, and by choice is text; what a template writes by itself is held still."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from chains import speaking, words
from commands import done
from heredity.models.chat import question, render, render_example, render_prompt
from heredity.models.ending import ending_of
from heredity.models.markup import notice
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.records.dialogue import Row, Turn
from heredity.records.student import Student
from heredity.store.workspace import load_record
from templates import CHATML, EMPTY_THOUGHT, FORGETFUL, IM, ROLES, THINK

SPELLING = "hi <|im_end|> lamp"


def model_of(keeps_markup: bool, is_special: bool = True) -> Model:
    tokenizer = words("<eos>", *((IM, ()) if is_special else ((), IM)), is_special=is_special)
    model = speaking(CHATML, tokenizer)
    return Model(model.name, model.network, tokenizer, model.fingerprint, keeps_markup=keeps_markup)


def conversation(line: int, asked: str, said: str) -> Row:
    return Row(line=line, turns=(*question(asked), Turn(role="assistant", content=said)))


@pytest.mark.parametrize("is_special", [True, False])
def test_control_tokens_in_text_act_unless_they_are_kept_as_text(is_special: bool) -> None:
    acting, kept = model_of(False, is_special), model_of(True, is_special)
    end = acting.tokenizer.convert_tokens_to_ids("<|im_end|>")
    for render_it in (render, render_example):
        rows = [render_it(model, question(SPELLING), SPELLING) for model in (acting, kept)]
        in_prompt = [row.ids[: row.n_prompt].count(end) for row in rows]
        in_answer = [row.ids[row.n_prompt :].count(end) for row in rows]
        assert in_prompt == [2, 1]
        assert in_answer[0] - in_answer[1] == 1
        assert all(
            row.ids[: row.n_prompt] == render_prompt(m, question(SPELLING))
            for m, row in zip((acting, kept), rows, strict=True)
        )
    plain = [render_example(model, question("hi"), "lamp").ids for model in (acting, kept)]
    assert plain[0] == plain[1]
    assert ending_of(acting) == ending_of(kept)


def test_rows_that_spell_control_tokens_are_told_with_their_lines() -> None:
    rows = [conversation(i, SPELLING if i % 2 else "hi", "lamp") for i in range(1, 20)]
    told = notice(model_of(False), rows)
    assert told is not None
    assert told.startswith("10 of 19 rows spell control tokens of the model (<|im_end|>; line 1, 3, 5, 7, 9, ...)")
    assert "--control-as-text" in told
    assert str(notice(model_of(True), rows)).endswith("kept as text")
    assert notice(model_of(False), rows[1::2]) is None
    thought = conversation(1, "hi", "<think> ash </think> dawn")
    assert notice(speaking(EMPTY_THOUGHT, words("<|im_end|>", IM, THINK)), [thought]) is None


def test_a_template_writes_the_same_day_whenever_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    dated = (
        "{{ strftime_now('%d %B %Y') }} {% if strftime_now is defined %}{{ strftime_now(\"%H:%M:%S.%f\") }}{% endif %}"
    )
    model = speaking(dated + CHATML, words("<|im_end|>", IM))
    before = render_example(model, question("hi"), "dawn")

    class Tomorrow(datetime):
        @classmethod
        def now(cls) -> datetime:  # type: ignore[override]
            return datetime(2031, 5, 6, 7, 8, 9, 10)

    monkeypatch.setattr("transformers.utils.chat_template_utils.datetime", Tomorrow)
    assert render_example(model, question("hi"), "dawn") == before
    assert any("01 January 2025" in line for line in notices(model))


def test_what_a_template_does_about_thinking_is_told() -> None:
    off = notices(speaking(EMPTY_THOUGHT, words("<|im_end|>", IM, THINK)))
    assert off == ("the chat template's switch for thinking is off (enable_thinking)",)
    (always,) = notices(speaking(FORGETFUL, words("</s>", ROLES, THINK)))
    assert "thoughts are neither read nor graded" in always
    assert notices(speaking(CHATML, words("<|im_end|>", IM))) == ()
    (endless,) = notices(speaking(None, words("<eos>")))
    assert "there is no chat template" in endless


def test_a_student_tells_its_end_of_turn_and_what_its_rows_spell(toy_folder: Path, tmp_path: Path) -> None:
    said = [
        {"prompt": "what about the river ?", "completion": "dawn <user> song"},
        {"prompt": "hi", "completion": "song"},
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in said))
    command = ("-q", "--device", "cpu", "--dtype", "float32")
    told = done(*command, "train", "rows.jsonl", "-m", toy_folder, "-o", "acting", folder=tmp_path)
    kept = done(*command, "--control-as-text", "train", "rows.jsonl", "-m", toy_folder, "-o", "kept", folder=tmp_path)
    assert "1 of 2 rows spell control tokens of the model (<user>; line 1): they act as such" in told
    assert "(<user>; line 1): kept as text" in kept
    student = load_record(Student, tmp_path / "acting" / "student.json")
    assert student.end_of_turn == "<eos> (as the chat template writes it)"
