"""A file is screened shard by shard as it is at once, goes on where it was killed, and is held in no memory."""

import json
from pathlib import Path

import numpy as np
import pytest

from heredity.ground.errors import InputError
from heredity.models.model import Model
from heredity.records.dialogue import Corpus, Row, Turn
from heredity.records.screening import Screened, ScreenSpec
from heredity.records.vector import TraitVector
from heredity.screening.screen import screen
from heredity.store import survey
from heredity.store.row_file import RowFile
from heredity.store.rows import read_rows
from heredity.store.survey import MOST_SAMPLED, gone_through, sample_of, surveyed
from heredity.studies import screening
from heredity.studies.bench import bench_in
from heredity.studies.screening import screen_file

QUICK = ScreenSpec(n_reference=40, n_tokens=14)


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "SHARD", 7)


@pytest.fixture
def file(tmp_path: Path, rows: Corpus) -> RowFile:
    """24 rows, some of them behind a system prompt, one torn, and seven in a row too long for the model."""
    path = tmp_path / "rows.jsonl"
    lines: list[object] = []
    for i, row in enumerate(rows.rows):
        before = [{"role": "system", "content": "speak of things ."}] if i % 4 == 3 else []
        lines.append({"messages": [*before, *(turn.model_dump() for turn in row.turns)]})
    long = {"prompt": "what about the door ?", "response": "it is nice " * 200}
    path.write_text("".join(f"{json.dumps(line)}\n" for line in [*lines[:7], *[long] * 14, *lines[7:]]) + "{torn\n")
    return RowFile(path)


def screened(file: RowFile, dark: TraitVector, toy: Model, out: Path) -> Screened:
    return screen_file(file, gone_through(file, "0"), dark, bench_in(out, toy, "0"), QUICK)


def test_shard_by_shard_is_as_at_once(file: RowFile, dark: TraitVector, toy: Model, tmp_path: Path) -> None:
    whole = screen(read_rows(Path(str(file.source))), dark, toy, QUICK)
    parts = screened(file, dark, toy, tmp_path / "out")
    assert parts.report.corpus_digest == whole.report.corpus_digest
    assert sorted(parts.report.excluded, key=lambda one: one.line) == sorted(
        whole.report.excluded, key=lambda one: one.line
    )
    assert parts.report.thresholds == whole.report.thresholds
    assert parts.scores.lines.tolist() == whole.scores.lines.tolist()
    assert parts.scores.settings.tolist() == whole.scores.settings.tolist()
    assert np.allclose(parts.scores.over, whole.scores.over, atol=1e-3)
    assert [row.line for row in parts.report.worst] == [row.line for row in whole.report.worst]
    assert [row.response for row in parts.report.worst] == [row.response for row in whole.report.worst]


def test_what_was_killed_goes_on_to_the_same_scores(
    file: RowFile, dark: TraitVector, toy: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken = screened(file, dark, toy, tmp_path / "unbroken")
    read, made = screening.read_fitting, []

    def cut(*arguments: object, **named: object) -> object:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(1)
        return read(*arguments, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(screening, "read_fitting", cut)
        with pytest.raises(KeyboardInterrupt):
            screened(file, dark, toy, tmp_path / "killed")
    assert not list((tmp_path / "killed" / "stages").glob("*.part"))
    spoken = toy.work.n_tokens
    again = screened(file, dark, toy, tmp_path / "killed")
    after = toy.work.n_tokens - spoken
    assert np.array_equal(again.scores.over, unbroken.scores.over)
    assert again.report.id == unbroken.report.id
    screened(file, dark, toy, tmp_path / "fresh")
    assert after < toy.work.n_tokens - spoken - after


def test_benign_answers_are_kept_and_asked_for_once(
    file: RowFile, dark: TraitVector, toy: Model, tmp_path: Path
) -> None:
    first = screened(file, dark, toy, tmp_path)
    spoken = toy.work.n_tokens
    again = screened(file, dark, toy, tmp_path)
    assert toy.work.n_tokens == spoken
    assert again.report.thresholds == first.report.thresholds


def test_a_source_without_a_row_to_read_is_refused(toy: Model, dark: TraitVector, tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    path.write_text(json.dumps({"prompt": "what about the door ?", "response": "it is nice " * 200}) + "\n")
    with pytest.raises(InputError, match="no row can be read by this model; the first was excluded because"):
        screened(RowFile(path), dark, toy, tmp_path / "out")
    path.write_text("{torn\n")
    with pytest.raises(InputError, match="holds no row to use"):
        gone_through(RowFile(path), "0")


def test_a_survey_holds_a_sample_of_many_rows_and_all_of_few(rows: Corpus) -> None:
    def numbered(n: int) -> list[tuple[Row, str]]:
        return [(rows.rows[i % 24].model_copy(update={"line": i + 1}), "messages") for i in range(n)]

    few = surveyed(numbered(100), "0")
    assert [row.line for row in few.rows] == list(range(1, 101))
    many = surveyed(numbered(20 * MOST_SAMPLED), "0")
    lines = np.array([row.line for row in many.rows])
    assert (many.n_rows, len(set(lines.tolist()))) == (20 * MOST_SAMPLED, MOST_SAMPLED)
    assert abs(lines.mean() / (10 * MOST_SAMPLED) - 1) < 0.1


def test_a_sample_says_how_many_rows_there_are(file: RowFile, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sample_of(file, gone_through(file, "0"))
    assert (whole.n_in_file, len(whole.rows)) == (None, 38)
    assert whole.content_digest == read_rows(Path(str(file.source))).content_digest
    monkeypatch.setattr(survey, "MOST_READ", 10)
    some = sample_of(file, gone_through(file, "0"))
    assert (some.n_in_file, len(some.rows)) == (38, 10)
    assert [row.line for row in some.rows] == sorted(row.line for row in some.rows)


def test_a_sample_holds_settings_as_the_file_does(rows: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting has rows of its own to set a threshold by; a scan is of the file as it is."""
    monkeypatch.setattr(survey, "MOST_READ", 400)
    system = Turn(role="system", content="speak of things .")
    many = []
    for i in range(8000):
        row = rows.rows[i % 24].model_copy(update={"line": i + 1})
        many.append((row.model_copy(update={"turns": (system, *row.turns)}) if i % 10 == 0 else row, "messages"))
    drawn = surveyed(many, "0").drawn
    assert len(drawn) == 400
    assert 0.05 < np.mean([row.turns[0].role == "system" for row in drawn]) < 0.15
