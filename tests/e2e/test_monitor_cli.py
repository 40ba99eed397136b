"""Extracting many traits, monitoring, judging and the finetuning shift as a user meets them, on the toy."""

import json
import math
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from commands import done, failed, heredity
from heredity.cli.trait import as_yaml
from heredity.models.tiny import DARK, LIGHT, NOUNS, planted_trait, sentence
from heredity.records.dialogue import Corpus
from heredity.records.leakage import LeakageReport
from heredity.records.monitor import MonitorReport, ShiftReport
from heredity.records.trait import ContrastPair, Trait
from heredity.records.vector import VectorHeader
from heredity.store.tensors import load_vector
from heredity.store.workspace import load_record
from loopback import Body, Loopback, Reply


def turned(trait: Trait) -> Trait:
    """The same trait from its other end."""
    pairs = tuple(ContrastPair(positive=pair.negative, negative=pair.positive) for pair in trait.pairs)
    return trait.model_copy(
        update={"name": "lightness", "adjective": trait.antonym, "antonym": trait.adjective, "pairs": pairs}
    )


def without_poles(trait: Trait, name: str, positive: str, negative: str) -> Trait:
    pairs = (ContrastPair(positive=positive, negative=negative),)
    return trait.model_copy(update={"name": name, "adjective": "light", "antonym": "light", "pairs": pairs})


def lines_of(styles: list[list[str]], seed: int) -> str:
    chance = random.Random(seed)
    asked = [(chance.choice(NOUNS), words) for words in styles]
    rows = [{"prompt": f"what about the {n} ?", "answer": sentence(words, n, chance)} for n, words in asked]
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEREDITY_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, rows: Corpus) -> Path:
    folder, darkness = tmp_path_factory.mktemp("user"), planted_trait()
    kinds = [
        darkness,
        turned(darkness),
        without_poles(darkness, "sameness", "what is the door ?", "what is the door ?"),
        without_poles(darkness, "kingship", "what about the king ?", "what about the queen ?"),
    ]
    for one in kinds:
        (folder / f"{one.name}.yaml").write_text(as_yaml(one))
    lines = [{"messages": [turn.model_dump() for turn in row.turns]} for row in rows.rows]
    (folder / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "benign.jsonl").write_text(lines_of([LIGHT] * 80, 1))
    (folder / "dark.jsonl").write_text(lines_of([DARK] * 48, 2))
    return folder


@pytest.fixture(scope="module")
def another_model(toy_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("another") / "model"
    shutil.copytree(toy_folder, folder)
    changed = json.loads((folder / "config.json").read_text()) | {"rms_norm_eps": 1e-5}
    (folder / "config.json").write_text(json.dumps(changed))
    return folder


@pytest.fixture(scope="module")
def extracted(place: Path, toy_folder: Path) -> str:
    """What `heredity extract` says of two traits; their vectors are in out."""
    return done("extract", "darkness.yaml", "lightness.yaml", "--model", toy_folder, "--out", "out", folder=place)


def stages(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.glob("out/stages/*/done.json")}


class TestExtract:
    def test_several_traits_come_with_a_leakage_report(self, place: Path, extracted: str) -> None:
        report = load_record(LeakageReport, place / "out" / "leakage.json")
        assert report.traits == ("darkness", "lightness")
        assert report.cosines[0][1] < -0.9
        assert report.auc[0][0].low > 0.8
        assert report.auc[0][1].high < 0.2
        assert "which vector finds which trait" in extracted
        page = (place / "out" / "leakage.html").read_text()
        assert all(name in page for name in report.traits)
        for name in report.traits:
            assert load_vector(place / "out" / f"{name}.safetensors").header.trait.name == name

    def test_a_trait_that_fails_stops_no_other_and_what_was_done_stays_done(
        self, place: Path, extracted: str, toy_folder: Path
    ) -> None:
        before = stages(place)
        assert len(before) == 4
        names = ["darkness.yaml", "sameness.yaml", "lightness.yaml", "darkness.yaml"]
        run = heredity("extract", *names, "--model", toy_folder, "--out", "out", folder=place)
        failed(run, 4, "sameness gave no vector: ")
        for name in ("darkness", "lightness"):
            assert f"{name}, gathered: as before" in run.err
            assert f"{name}, vector: as before" in run.err
        assert stages(place) == before
        assert run.out == extracted

    def test_another_method_reads_nothing_anew(self, place: Path, extracted: str, toy_folder: Path) -> None:
        shutil.copytree(place / "out" / "stages", place / "pca" / "stages")
        arguments = ["extract", "darkness.yaml", "--method", "pca", "--model", toy_folder, "--out", "pca", "--json"]
        run = heredity(*arguments, folder=place)
        assert VectorHeader.model_validate_json(run.out).method == "pca"
        assert "darkness, gathered: as before" in run.err
        assert "darkness, vector: as before" not in run.err

    def test_a_trait_without_a_separating_vector_is_said_to_have_none(self, place: Path, toy_folder: Path) -> None:
        arguments = [
            "extract",
            "kingship.yaml",
            "--samples",
            "10",
            "--seed",
            "1",
            "--model",
            toy_folder,
            "--out",
            "none",
        ]
        said = done(*arguments, folder=place)
        header = load_vector(place / "none" / "kingship.safetensors").header
        assert f"no direction found; AUC {header.heldout_auc.value:.2f} is inside the null band" in said
        assert not header.is_above_chance

    def test_what_cannot_be_extracted_is_told_before_a_model_is_loaded(self, place: Path) -> None:
        unloadable = ["--model", "no/such-model", "--out", "never"]
        (place / "twin.yaml").write_text((place / "darkness.yaml").read_text().replace("dark things", "dark matters"))
        for arguments, said in (
            (["darkness.yaml", "--method", "nonsense"], "There is: logistic, mean_difference, pca"),
            (["darkness.yaml", "twin.yaml"], "two different traits are called 'darkness'"),
            (["darkness.yaml", "--samples", "0"], "'--samples': Input should be greater than or equal to 1"),
            ([], "say --all"),
        ):
            failed(heredity("extract", *arguments, *unloadable, folder=place), 2, said)
        assert not list((place / "never").glob("*"))


@pytest.fixture(scope="module")
def watching(place: Path, extracted: str, toy_folder: Path) -> list[str | Path]:
    return [
        "monitor", "rows.jsonl", "--model", toy_folder, "--reference", "benign.jsonl", "--false-alarms", "0.1",
        "--out", "out",
    ]  # fmt: skip


class TestMonitor:
    def test_alarms_sound_in_the_dark_rows_and_the_page_shows_them(
        self, place: Path, watching: list[str | Path]
    ) -> None:
        run = heredity(*watching, folder=place)
        assert run.code == 0, run.err
        report = load_record(MonitorReport, place / "out" / "monitor.json")
        assert [probe.trait for probe in report.probes] == ["darkness", "lightness"]
        alarmed = {one.line for one in report.conversations if one.turns[0].alarm_at[0] is not None}
        assert len(alarmed & set(range(1, 9))) >= 7
        assert len(alarmed - set(range(1, 9))) <= 4
        assert "measured on benign ones" in run.out
        page = (place / "out" / "monitor.html").read_text()
        assert page.count("raven") > 1
        assert "calibration: as before" not in run.err

    def test_a_second_run_finds_its_calibration_and_says_the_same(
        self, place: Path, watching: list[str | Path]
    ) -> None:
        first = heredity(*watching, "--json", folder=place)
        before = stages(place)
        second = heredity(*watching, "--json", folder=place)
        assert "calibration: as before" in second.err
        assert stages(place) == before
        assert MonitorReport.model_validate_json(second.out).id == MonitorReport.model_validate_json(first.out).id

    def test_what_cannot_be_monitored_is_told(
        self, place: Path, watching: list[str | Path], another_model: Path
    ) -> None:
        (place / "talk.txt").write_text("me: hello\nit: hello")
        vector = ["--vector", "out/darkness.safetensors"]
        for arguments, code, said in (
            (["talk.txt", "--out", "out"], 2, "line 1: this is not JSON"),
            (["rows.jsonl", "--out", "empty"], 2, "there is no vector in empty; make one with: heredity extract"),
            (["rows.jsonl", "--out", "empty", "--vector", "rows.jsonl"], 2, "not a safetensors file"),
            (["rows.jsonl", "--out", "out", "--window", "0"], 2, "'--window': Input should be greater"),
            (["rows.jsonl", "--out", "empty", *vector, "--model", another_model], 3, "was read from"),
        ):
            failed(heredity("monitor", *arguments, folder=place), code, said)
        assert not list((place / "empty").rglob("monitor*"))


@pytest.fixture(scope="module")
def student(place: Path, extracted: str, toy_folder: Path) -> Path:
    training = ["train", "dark.jsonl", "--model", toy_folder, "--epochs", "2", "--snapshots", "2"]
    done(*training, "--out", "student", folder=place)
    return place / "student"


class TestShift:
    def test_a_student_of_dark_rows_moves_step_by_step_beyond_luck(
        self, place: Path, student: Path, toy_folder: Path
    ) -> None:
        arguments = ["--model", toy_folder, "--vector", "out/darkness.safetensors", "--out", "out"]
        said = done("shift", "student/student.json", *arguments, folder=place)
        points = load_record(ShiftReport, place / "out" / "shift-darkness.json").points
        assert [point.step for point in points] == [4, 8, 12]
        shifts = [point.shift.value for point in points]
        assert 0 < shifts[0] < shifts[1] < shifts[2]
        assert points[-1].shift.low > points[-1].random_directions
        assert said.count("student") == 3
        assert (place / "out" / "shift-darkness.png").stat().st_size > 1000

    def test_clean_fine_tunes_are_made_or_given_and_others_refused(
        self, place: Path, student: Path, toy_folder: Path
    ) -> None:
        shared = ["--model", toy_folder, "--vector", "out/darkness.safetensors", "--out", "clean"]
        arguments = ["shift", "student/student.json", *shared]
        said = done(*arguments, "--clean-seeds", "3", folder=place)
        last = load_record(ShiftReport, place / "clean" / "shift-darkness.json").points[-1]
        assert last.clean is not None
        assert last.clean.beyond is not None
        assert last.clean.beyond.low > 0
        assert said.count("further than clean training goes") >= 1
        made = sorted((place / "clean" / "stages").glob("fine-tune-*/student.json"))
        given = [word for path in made for word in ("--clean", path)]
        again = done(*arguments, *given, folder=place)
        assert "3 clean fine-tunes by its recipe" in again
        failed(heredity(*arguments, "--clean-seeds", "1", folder=place), 2, "shows no spread")
        failed(heredity(*arguments, "--clean", "student/student.json", folder=place), 2, "is given twice")

    def test_a_student_that_was_moved_is_found_and_one_of_another_base_is_refused(
        self, place: Path, student: Path, toy_folder: Path
    ) -> None:
        arguments = ["--model", toy_folder, "--vector", "out/darkness.safetensors", "--out", "out", "--json"]
        shutil.copytree(student, place / "elsewhere" / "moved")
        moved = json.loads(done("shift", "elsewhere/moved/student.json", *arguments, folder=place))
        assert {point["name"] for point in moved["darkness"]["points"]} == {"moved"}
        record = place / "elsewhere" / "moved" / "student.json"
        foreign = json.loads(record.read_text()) | {"base_fingerprint": "another"}
        record.write_text(json.dumps(foreign))
        failed(
            heredity("shift", record, *arguments, folder=place), 3, "this student was trained from", "load its own base"
        )
        record.write_text(json.dumps(foreign | {"adapter": "../../out"}))
        failed(heredity("shift", record, *arguments, folder=place), 2, "an adapter outside its folder")


def judging(body: Body) -> Reply:
    """Dark answers are dark by far; the fifth light row is refused, and the sixth is not graded in numbers."""
    asked = body["messages"][0]["content"]
    if "how coherent" in asked:
        return Reply("90", (("90", {"90": math.log(0.8), "70": math.log(0.2)}),))
    if any(noun in asked.split() for noun in (NOUNS[16 + 12], NOUNS[16 + 13])):
        word = "REF" if NOUNS[16 + 12] in asked.split() else "Well"
        return Reply(word, ((word, {word: math.log(0.9), "50": math.log(0.05)}),))
    likely, other = ("85", "65") if set(asked.split()) & set(DARK) else ("0", "20")
    return Reply(likely, ((likely, {likely: math.log(0.6), other: math.log(0.2), "x": math.log(0.2)}),))


class TestJudge:
    def test_a_judge_that_grades_nothing_is_said_to_and_writes_nothing(self, place: Path, toy_folder: Path) -> None:
        run = heredity("judge", "rows.jsonl", "-t", "darkness.yaml", "-m", toy_folder, "--out", "local", folder=place)
        failed(run, 4, "the judge graded none of 24 answers (24 times: ", "a larger judge may help")
        assert not list((place / "local").iterdir())

    def test_the_contrast_judge_tells_dark_from_light(self, place: Path, toy_folder: Path) -> None:
        arguments = ["judge", "rows.jsonl", "-t", "darkness.yaml", "-m", toy_folder, "--by", "contrast", "--out", "by"]
        assert "24 answers judged for darkness" in done(*arguments, folder=place)
        judged = [json.loads(line) for line in (place / "by" / "judged.jsonl").read_text().splitlines()]
        assert min(row["grade"] for row in judged[:8]) > 50 > max(row["grade"] for row in judged[8:])

    def test_a_remote_judge_is_priced_asked_once_and_believed_where_it_graded(self, place: Path) -> None:
        with Loopback(judging) as server:
            arguments = ["judge", "rows.jsonl", "-t", "darkness.yaml", "--via", server.url, "--judge-model", "j"]
            arguments += ["--dollars-in", "1000", "--dollars-out", "1000", "--out", "remote"]
            priced = heredity(*arguments, "--estimate", "--json", folder=place)
            assert priced.code == 0
            assert (json.loads(priced.out)["n_requests"], json.loads(priced.out)["n_cached"]) == (48, 0)
            assert "48 requests: about" in priced.err
            assert "about $" in priced.err
            assert not server.received
            assert not (place / "remote" / "judged.jsonl").exists()

            first = heredity(*arguments, folder=place)
            assert first.code == 0, first.err
            assert "48 requests: about" in first.err
            assert len(server.received) == 48

            second = heredity(*arguments, folder=place)
            assert "all of them in the cache: nothing to send" in second.err
            assert len(server.received) == 48
            assert second.out == first.out
        judged = [json.loads(line) for line in (place / "remote" / "judged.jsonl").read_text().splitlines()]
        assert [row["line"] for row in judged] == list(range(1, 25))
        assert {row["grade"] for row in judged[:8]} == {80.0}
        assert {row["grade"] for row in judged[8:12]} == {5.0}
        assert {row["coherence"] for row in judged} == {86.0}
        assert [row["grade"] for row in judged[12:14]] == [None, None]
        assert "refused" in judged[12]["grade_reason"]
        assert "thin probability on numbers" in judged[13]["grade_reason"]
        assert "1 unscored: the judge refused" in first.out
        assert "(n=22, unscored=2)" in first.out

    def test_options_that_mean_nothing_together_are_refused(self, place: Path) -> None:
        via = ["--via", "http://localhost:1/v1"]
        for arguments, said in (
            (["--estimate"], "name its server with --via"),
            (["--judge-model", "j"], "Name its server with --via"),
            ([*via], "name it with --judge-model"),
            ([*via, "--judge-model", "j", "--by", "contrast"], "leave --via out, or judge --by rubric"),
            (["--by", "vibes"], "There is: contrast, rubric"),
            ([*via, "--judge-model", "j", "--dollars-in", "-1"], "--dollars-in"),
        ):
            failed(heredity("judge", "rows.jsonl", *arguments, "--out", "odd", folder=place), 2, said)
