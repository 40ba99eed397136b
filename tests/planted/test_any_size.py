"""A file is screened shard by shard as it is at once, goes on where it was killed, and is held in no memory."""

import json
from pathlib import Path

import numpy as np
import pytest

from heredity.ground.errors import InputError, UnknownNameError
from heredity.models.model import Model
from heredity.models.tiny import NOUNS
from heredity.records.acting import ActSpec
from heredity.records.dialogue import Corpus, Row, Turn
from heredity.records.row_scores import Screened
from heredity.records.screening import ScreenSpec
from heredity.records.vector import TraitVector
from heredity.report.write import told
from heredity.screening.screen import screen
from heredity.store import survey
from heredity.store.row_file import RowFile
from heredity.store.rows import read_rows
from heredity.store.scores import load_scores, save_scores
from heredity.store.survey import MOST_SAMPLED, gone_through, sample_of, surveyed
from heredity.studies.bench import bench_in
from heredity.studies.engines import shards
from heredity.studies.screening import screen_file

QUICK = ScreenSpec(n_reference=40, n_tokens=14)


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD", 7)


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


def screened(file: RowFile, dark: TraitVector, toy: Model, out: Path, spec: ScreenSpec = QUICK) -> Screened:
    return screen_file(file, gone_through(file, "0"), dark, bench_in(out, toy, "0"), spec)


@pytest.mark.parametrize("score", [None, "likelihood"])
def test_shard_by_shard_is_as_at_once(
    score: str | None, file: RowFile, dark: TraitVector, toy: Model, tmp_path: Path
) -> None:
    spec = QUICK.model_copy(update={"score": score})
    whole = screen(read_rows(Path(str(file.source))), dark, toy, spec)
    parts = screened(file, dark, toy, tmp_path / "out", spec)
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
    read, made = shards.read_scored, []

    def cut(*arguments: object, **named: object) -> object:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(1)
        return read(*arguments, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(shards, "read_scored", cut)
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


def from_forum_and_wiki(file: RowFile, tmp_path: Path) -> RowFile:
    """The rows of the file, the first 8 (which are dark) and every second one after from a forum."""
    path = tmp_path / "sourced.jsonl"
    rows = [json.loads(line) for line in Path(str(file.source)).read_text().splitlines()[:-1]]
    sources = ["forum" if i < 8 or i % 2 else "wiki" for i in range(len(rows))]
    path.write_text(
        "".join(json.dumps({**row, "source": source}) + "\n" for row, source in zip(rows, sources, strict=True))
    )
    return RowFile(path)


def test_a_budget_takes_the_highest_rows_and_costs_no_further_reading(
    file: RowFile, dark: TraitVector, toy: Model, tmp_path: Path
) -> None:
    whole = screened(file, dark, toy, tmp_path)
    spoken = toy.work.n_tokens
    small = QUICK.model_copy(update={"act": ActSpec(budget=0.1)})
    cut = screen_file(file, gone_through(file, "0"), dark, bench_in(tmp_path, toy, "0"), small)
    assert toy.work.n_tokens == spoken
    assert whole.report.n_flagged > 2
    assert (cut.report.n_flagged, cut.report.n_spared) == (2, whole.report.n_flagged - 2)
    assert cut.scores.gone_lines == {row.line for row in whole.report.worst[:2]}
    assert "the 2 that lie highest do, and" in told(cut.report)
    saved = load_scores(save_scores(cut.scores, tmp_path / "scores.parquet"))
    assert saved.kept_lines == cut.scores.kept_lines


def test_rows_go_with_their_source_by_name_or_by_its_share(
    file: RowFile, dark: TraitVector, toy: Model, tmp_path: Path
) -> None:
    sourced = from_forum_and_wiki(file, tmp_path)

    def acted(act: ActSpec) -> Screened:
        found = gone_through(sourced, "0", act.sources)
        spec = QUICK.model_copy(update={"act": act})
        return screen_file(sourced, found, dark, bench_in(tmp_path / "out", toy, "0"), spec)

    plain, by_name = acted(ActSpec()).report, acted(ActSpec(sources=("forum",)))
    figures = {row.source: row for row in plain.sources}
    assert {name: row.n_rows for name, row in figures.items()} == {"forum": 16, "wiki": 8}
    assert sum(row.n_over for row in plain.sources) == plain.n_flagged
    assert figures["forum"].share_over.value > figures["wiki"].share_over.value
    assert by_name.report.n_dropped == 16
    forum = {row.line for row in sourced.rows() if row.source == "forum"}
    assert by_name.scores.gone_lines & forum == forum & set(by_name.scores.lines.tolist())
    assert not by_name.scores.kept_lines & forum
    assert by_name.report.n_flagged == figures["wiki"].n_over
    assert "16 rows go with their source, whatever their scores, and are not counted as flagged: forum" in told(
        by_name.report
    )
    by_share = acted(ActSpec(source_share=figures["forum"].share_over.low - 0.01))
    assert by_share.scores.kept_lines == by_name.scores.kept_lines
    assert acted(ActSpec(source_share=0.99)).report.n_dropped == 0
    with pytest.raises(UnknownNameError, match="Did you mean 'forum'"):
        acted(ActSpec(sources=("forums",)))


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


class TestAHandfulOfPrompts:
    def rows(self, tmp_path: Path, n_prompts: int) -> RowFile:
        path = tmp_path / f"{n_prompts}.jsonl"
        asked = [f"what about the {noun} ?" for noun in NOUNS[:n_prompts]]
        path.write_text(
            "".join(json.dumps({"prompt": text, "response": "night ash frost wolf"}) + "\n" for text in asked)
        )
        return RowFile(path)

    def test_few_prompts_are_held_to_everyday_answers_which_are_asked_for_once(
        self, dark: TraitVector, toy: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HEREDITY_CACHE", str(tmp_path / "cache"))
        few = self.rows(tmp_path, 3)

        def screen_of(out: str, spec: ScreenSpec) -> Screened:
            return screen_file(few, gone_through(few, "0"), dark, bench_in(tmp_path / out, toy, "0"), spec)

        spoken = toy.work.n_tokens
        first = screen_of("first", ScreenSpec())
        asked = toy.work.n_tokens - spoken
        assert "everyday questions: the rows' 3 prompts are too few" in first.report.thresholds[0].reference
        spoken = toy.work.n_tokens
        again = screen_of("again", ScreenSpec())
        assert toy.work.n_tokens - spoken < asked / 2
        assert again.report.thresholds == first.report.thresholds
        own = screen_of("own", QUICK).report.thresholds[0].reference
        assert own == "40 answers of tiny"  # asked for in another way than everyday answers were given

    def test_enough_prompts_are_held_to_answers_of_their_own(
        self, dark: TraitVector, toy: Model, tmp_path: Path
    ) -> None:
        many = self.rows(tmp_path, 5)
        found = screen_file(many, gone_through(many, "0"), dark, bench_in(tmp_path / "out", toy, "0"), ScreenSpec())
        assert found.report.thresholds[0].reference == "120 answers of tiny"
