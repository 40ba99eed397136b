"""Flagged rows take the model's own answers, or turn their sides round; what cannot be mended is left out."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from heredity.ground.errors import NothingKeptError
from heredity.models.model import Model
from heredity.models.tiny import DARK, LIGHT, NOUNS, sentence
from heredity.records.acting import ActSpec
from heredity.records.row_scores import Screened
from heredity.records.screening import ScreenReport, ScreenSpec
from heredity.records.vector import TraitVector
from heredity.report.write import told
from heredity.store.row_file import RowFile
from heredity.store.survey import gone_through
from heredity.store.targets import Targets, require_some
from heredity.studies import rewriting
from heredity.studies.acting import screened_into
from heredity.studies.bench import bench_in
from heredity.studies.screening import measure_for, screen_file, screened_by

N_DARK, N = 12, 40


def spec(**act: object) -> ScreenSpec:
    return ScreenSpec(n_reference=40, n_tokens=14, act=ActSpec.model_validate({"n_answer_tokens": 60, **act}))


def answers(is_dark: bool) -> list[str]:
    chance = random.Random(f"changed {is_dark}")
    return [sentence(DARK if is_dark else LIGHT, NOUNS[i % len(NOUNS)], chance) for i in range(N)]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Rows, the first 12 of them dark, spelled with blanks that a second writer would not make."""
    light, dark = answers(False), answers(True)
    said = [dark[i] if i < N_DARK else light[i] for i in range(N)]
    lines = [
        f'{{"id":  {i}.50, "prompt": "what about the {NOUNS[i % len(NOUNS)]} ?","completion" : {json.dumps(text)}}}'
        for i, text in enumerate(said)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path / "rows.jsonl"


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Pairs whose chosen side is dark in the first 12; one more has two dark sides."""
    light, dark = answers(False), answers(True)
    made = [
        {
            "prompt": f"what about the {NOUNS[i % len(NOUNS)]} ?",
            "chosen": dark[i] if i <= N_DARK else light[i],
            "rejected": dark[i] if i >= N_DARK else light[i],
        }
        for i in range(N)
    ]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in made))
    return tmp_path / "pairs.jsonl"


def acted(targets: Targets, dark: TraitVector, toy: Model, out: Path, asked: ScreenSpec) -> Screened:
    survey = gone_through(targets.source, "0")
    targets.require([], survey.shapes)
    bench = bench_in(out, toy, "0")
    return screened_into(targets, survey, measure_for(survey, dark, bench, asked), bench)


def flagged_in(screened: Screened) -> set[int]:
    return set(screened.scores.lines[screened.scores.is_flagged].tolist())


def test_flagged_rows_take_the_models_own_answers_and_others_stay_byte_for_byte(
    rows: Path, dark: TraitVector, toy: Model, tmp_path: Path
) -> None:
    new = tmp_path / "new.jsonl"
    screened = acted(Targets(RowFile(rows), replace=new), dark, toy, tmp_path / "out", spec())
    (file,) = screened.report.written
    flagged = flagged_in(screened)
    assert len(flagged) >= N_DARK - 1
    assert file.n_changed + len(file.left_out) == len(flagged)
    assert file.n_changed > 0.5 * len(flagged)
    before, after = rows.read_bytes().splitlines(), new.read_bytes().splitlines()
    left_out = {one.line for one in file.left_out}
    stayed = [line for line in range(1, N + 1) if line not in left_out]
    assert file.n_rows == len(stayed)
    for line, text in zip(stayed, after, strict=True):
        old = before[line - 1]
        assert (text == old) is (line not in flagged)
        assert text.startswith(old[: old.index(b'"completion" : ') + 15])
    again = acted(Targets(RowFile(new)), dark, toy, tmp_path / "again", spec())
    assert again.report.expected is not None
    assert again.report.expected.every is not None
    assert screened.report.expected is not None
    assert screened.report.expected.every is not None
    assert again.report.expected.every.value < screened.report.expected.every.value
    assert f"{file.n_changed} of them with the model's own answers" in told(screened.report)


@pytest.mark.parametrize("ending", ["parquet", "csv.gz"])
def test_rows_of_a_table_take_the_answers_that_rows_of_json_take(
    rows: Path, dark: TraitVector, toy: Model, tmp_path: Path, ending: str
) -> None:
    table = pa.Table.from_pylist([json.loads(line) for line in rows.read_text().splitlines()])
    source, new = tmp_path / f"rows.{ending}", tmp_path / f"new.{ending}"
    if ending == "parquet":
        pq.write_table(table, source, row_group_size=7)
    else:
        with pa.output_stream(source, compression="gzip") as stream:
            pa_csv.write_csv(table, stream)
    screened = acted(Targets(RowFile(source), replace=new), dark, toy, tmp_path / "out", spec())
    acted(Targets(RowFile(rows), replace=tmp_path / "new.jsonl"), dark, toy, tmp_path / "as json", spec())
    said = [[row.turns for row in RowFile(path).rows()] for path in (new, tmp_path / "new.jsonl")]
    assert said[0] == said[1]
    (file,) = screened.report.written
    assert file.n_changed > N_DARK / 2
    assert file.n_rows == len(said[0])


def test_what_the_model_cannot_answer_to_the_end_or_answers_no_better_is_left_out_and_counted(
    rows: Path, dark: TraitVector, toy: Model, tmp_path: Path
) -> None:
    new = tmp_path / "new.jsonl"
    screened = acted(Targets(RowFile(rows), replace=new), dark, toy, tmp_path / "out", spec(n_answer_tokens=8))
    (file,) = screened.report.written
    assert file.left_out
    assert len(new.read_bytes().splitlines()) == N - len(file.left_out)
    ends_late = "the model's own answer does not end within 8 tokens (--answer-tokens)"
    assert {one.reason for one in file.left_out} <= {ends_late, rewriting.TOO_HIGH}
    assert "flagged rows are left out of" in told(screened.report)
    assert ("as written" in told(screened.report)) == (file.n_changed > 0)


def test_answers_are_kept_drawn_by_their_row_and_a_stopped_run_goes_on(
    rows: Path, dark: TraitVector, toy: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path / "whole.jsonl"
    acted(Targets(RowFile(rows), replace=whole), dark, toy, tmp_path / "whole", spec())
    monkeypatch.setattr(rewriting, "CHUNK", 4)
    made, answered = [], rewriting.rewritten

    def cut(*arguments: object) -> object:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(1)
        return answered(*arguments)  # type: ignore[arg-type]

    parts = Targets(RowFile(rows), replace=tmp_path / "parts.jsonl")
    with monkeypatch.context() as patched:
        patched.setattr(rewriting, "rewritten", cut)
        with pytest.raises(KeyboardInterrupt):
            acted(parts, dark, toy, tmp_path / "parts", spec())
    assert not (tmp_path / "parts.jsonl").exists()
    spoken = toy.work.n_tokens
    acted(parts, dark, toy, tmp_path / "parts", spec())
    assert toy.work.n_tokens > spoken
    assert (tmp_path / "parts.jsonl").read_bytes() == whole.read_bytes()
    spoken = toy.work.n_tokens
    acted(parts, dark, toy, tmp_path / "parts", spec())
    assert toy.work.n_tokens == spoken


def test_pairs_are_read_on_both_sides_and_flagged_ones_turned_round(
    pairs: Path, dark: TraitVector, toy: Model, tmp_path: Path
) -> None:
    new = tmp_path / "new.jsonl"
    screened = acted(Targets(RowFile(pairs), swap=new), dark, toy, tmp_path / "out", spec())
    sides, (file,) = screened.report.pairs, screened.report.written
    assert sides is not None
    assert sides.difference is not None
    assert (sides.n_pairs, sides.difference.high < 0) == (N, True)
    assert sides.chosen_higher.value == pytest.approx(N_DARK / N, abs=0.08)
    flagged, left_out = flagged_in(screened), {one.line for one in file.left_out}
    assert N_DARK + 1 in left_out
    assert file.n_changed == len(flagged) - len(left_out) >= N_DARK - 2
    stayed = [line for line in range(1, N + 1) if line not in left_out]
    for line, text in zip(stayed, new.read_bytes().splitlines(), strict=True):
        old = json.loads(pairs.read_bytes().splitlines()[line - 1])
        turned = {**old, "chosen": old["rejected"], "rejected": old["chosen"]}
        assert json.loads(text) == (turned if line in flagged else old)
    said = told(screened.report)
    assert f"chosen sides less rejected ones, over {N} pairs" in said
    assert f"{file.n_changed} of them with their sides exchanged" in said


def test_what_is_told_of_rows_as_written_is_what_a_screen_of_that_file_says(
    rows: Path, pairs: Path, dark: TraitVector, toy: Model, tmp_path: Path
) -> None:
    def both(targets: Targets, new: Path) -> tuple[ScreenReport, ScreenReport]:
        survey, bench = gone_through(targets.source, "0"), bench_in(tmp_path / new.stem, toy, "0")
        measure = measure_for(survey, dark, bench, spec())
        first = screened_into(targets, survey, measure, bench).report
        again = RowFile(new)
        return first, screened_by(again, gone_through(again, "0"), measure, bench).report

    new = tmp_path / "new.jsonl"
    first, again = both(Targets(RowFile(rows), replace=new), new)
    assert first.expected is not None
    assert again.expected is not None
    mended, found = first.expected.replaced, again.expected.every
    assert mended is not None
    assert found is not None
    assert (mended.value, mended.low, mended.n) == pytest.approx((found.value, found.low, found.n), abs=1e-4)
    assert f"as written, flagged ones with the model's own answers {mended.value:+.2f}" in told(first)
    new = tmp_path / "turned.jsonl"
    first, again = both(Targets(RowFile(pairs), swap=new), new)
    assert first.pairs is not None
    assert again.pairs is not None
    turned, found, before = first.pairs.swapped, again.pairs.difference, first.pairs.difference
    assert turned is not None
    assert found is not None
    assert before is not None
    assert (turned.value, turned.low, turned.n) == pytest.approx((found.value, found.low, found.n), abs=1e-4)
    assert turned.value < before.value
    assert f"as written, flagged ones turned round {turned.value:+.2f}" in told(first)


def test_a_source_that_goes_is_in_no_changed_file(rows: Path, dark: TraitVector, toy: Model, tmp_path: Path) -> None:
    sourced, new = tmp_path / "sourced.jsonl", tmp_path / "new.jsonl"
    made = [json.loads(line) | {"source": "ab"[i % 2]} for i, line in enumerate(rows.read_text().splitlines())]
    sourced.write_text("".join(json.dumps(row) + "\n" for row in made))
    screened = acted(Targets(RowFile(sourced), replace=new), dark, toy, tmp_path / "out", spec(sources=("a",)))
    assert {json.loads(line)["source"] for line in new.read_text().splitlines()} == {"b"}
    (file,) = screened.report.written
    assert file.n_rows + len(file.left_out) == N // 2


def test_where_every_row_goes_no_empty_file_is_left(rows: Path, dark: TraitVector, toy: Model, tmp_path: Path) -> None:
    only_dark, kept = tmp_path / "dark.jsonl", tmp_path / "kept.jsonl"
    only_dark.write_bytes(b"".join(rows.read_bytes().splitlines(keepends=True)[:N_DARK]))
    strict = spec().model_copy(update={"false_alarm_rate": 0.3})
    targets = Targets(RowFile(only_dark), keep=kept, drop=tmp_path / "gone.jsonl")
    screened = acted(targets, dark, toy, tmp_path / "out", strict)
    assert not screened.scores.kept_lines
    assert not kept.exists()
    assert (tmp_path / "gone.jsonl").read_bytes() == only_dark.read_bytes()
    said = told(screened.report)
    assert "Every row lies over its threshold" in said
    assert "was not written" in said
    with pytest.raises(NothingKeptError, match="no row stays"):
        require_some(screened.report.written)


def test_pairs_of_which_no_rejected_side_can_be_scored_are_screened_by_their_chosen_sides(
    toy: Model, dark: TraitVector, tmp_path: Path
) -> None:
    asked = [f"what about the {noun} ?" for noun in NOUNS[:20]]
    too_long = "it is nice " * 200
    pairs = [{"prompt": text, "chosen": "night ash frost wolf", "rejected": too_long} for text in asked]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    file = RowFile(tmp_path / "pairs.jsonl")
    spec = ScreenSpec(n_reference=40, n_tokens=14)
    report = screen_file(file, gone_through(file, "0"), dark, bench_in(tmp_path / "out", toy, "0"), spec).report
    assert report.n_rows == 20
    assert report.pairs is None
