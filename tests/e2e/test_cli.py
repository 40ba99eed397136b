"""The command line as a user meets it, run as a process of its own, on the toy."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from heredity.cli.trait import as_yaml
from heredity.models.tiny import planted_trait
from heredity.records.audit import AuditReport
from heredity.records.dialogue import Corpus
from heredity.records.screening import ScreenReport
from heredity.store.scores import load_scores
from heredity.store.workspace import load_record


def heredity(*arguments: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from heredity.cli.app import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=570, check=False)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, rows: Corpus) -> Path:
    folder = tmp_path_factory.mktemp("user")
    lines = [{"messages": [turn.model_dump() for turn in row.turns]} for row in rows.rows]
    (folder / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "labels.jsonl").write_text("".join(json.dumps({"line": i, "bad": i < 9}) + "\n" for i in range(1, 25)))
    (folder / "darkness.yaml").write_text(as_yaml(planted_trait()))
    return folder


def failed(run: subprocess.CompletedProcess[str], code: int, *said: str) -> None:
    assert run.returncode == code, run.stderr
    assert "Traceback" not in run.stderr
    for text in said:
        assert text in " ".join(run.stderr.split()), run.stderr


class TestWords:
    def test_traits_are_listed_shown_and_checked(self, tmp_path: Path) -> None:
        assert len(json.loads(heredity("--json", "trait", "list").stdout)) == 10
        shown = heredity("trait", "show", "evil").stdout
        (tmp_path / "mine.yaml").write_text(shown)
        assert "evil is valid: 5 pairs, 20 + 20 questions" in heredity("trait", "check", tmp_path / "mine.yaml").stdout

    def test_help_teaches_every_command(self) -> None:
        top = heredity("--help").stdout
        for command in ("trait", "extract", "screen", "train", "evaluate", "audit", "demo"):
            assert command in top
            assert heredity(command, "--help").returncode == 0
        assert "heredity audit rows.jsonl --trait evil" in " ".join(top.split())

    def test_unknown_words_are_answered_with_the_nearest(self, place: Path) -> None:
        failed(heredity("extrct", "evil"), 2, "Did you mean 'extract'")
        failed(heredity("extract", "evill"), 2, "Did you mean 'evil'")
        failed(heredity("extract", "evil", "--model", "smolm2-135m", folder=place), 2, "Did you mean 'smollm2-135m'")

    def test_arguments_that_cannot_be_taken_are_the_users_mistake_and_no_defect(self) -> None:
        failed(heredity("monitor"), 2, "UsageError: Missing argument 'file'")
        failed(heredity("extract", "evil", "--samples", "many"), 2, "Invalid value for '--samples'")
        failed(heredity("extract", "evil", "--samples", "0"), 2, "'--samples'")
        failed(heredity("trait"), 2, "Usage:", "Draft a trait")


class TestBadInput:
    """An error that says what, why and what next; its own exit code; never a traceback, never half a file."""

    def test_rows_that_cannot_be_used(self, tmp_path: Path) -> None:
        failed(heredity("screen", "none.jsonl", folder=tmp_path), 2, "there is no file none.jsonl")
        (tmp_path / "bad.jsonl").write_text('{"prompt": "a", "completion": "b"}\n{"prompt": \n')
        failed(heredity("screen", "bad.jsonl", "--strict", folder=tmp_path), 2, "bad.jsonl, line 2", "not JSON")
        (tmp_path / "empty.jsonl").write_text("")
        failed(heredity("audit", "empty.jsonl", folder=tmp_path), 2, "the file is empty")
        (tmp_path / "field.jsonl").write_text('{"thing": "a"}\n')
        failed(heredity("train", "field.jsonl", folder=tmp_path), 2, "line 1", "this one has: thing")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.jsonl", "empty.jsonl", "field.jsonl"]

    def test_an_output_folder_that_cannot_be_written(self, place: Path) -> None:
        run = heredity("audit", "rows.jsonl", "--out", "rows.jsonl/x", folder=place)
        failed(run, 5, "cannot write", "choose another place with --out")

    def test_errors_as_json(self, place: Path) -> None:
        run = heredity("screen", "none.jsonl", "--json", folder=place)
        assert json.loads(run.stderr)["error"] == "InputError"
        assert json.loads(run.stderr)["exit_code"] == run.returncode == 2

    def test_a_device_that_is_not_there(self, place: Path, toy_folder: Path) -> None:
        run = heredity("--device", "abacus", "extract", "darkness.yaml", "--model", toy_folder, folder=place)
        failed(run, 2, "'abacus' is not available")

    def test_a_file_that_is_no_vector(self, place: Path, toy_folder: Path) -> None:
        run = heredity(
            "screen",
            "rows.jsonl",
            "--model",
            toy_folder,
            "--trait",
            "darkness.yaml",
            "--vector",
            "rows.jsonl",
            folder=place,
        )
        failed(run, 2, "not a safetensors file")


def audit(toy_folder: Path, out: str) -> list[str | Path]:
    return [
        "audit", "rows.jsonl", "--trait", "darkness.yaml", "--model", toy_folder, "--labels", "labels.jsonl",
        "--epochs", "4", "--out", out, "--json",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def report(place: Path, toy_folder: Path) -> AuditReport:
    run = heredity(*audit(toy_folder, "out"), folder=place)
    assert run.returncode == 0, run.stderr
    return AuditReport.model_validate_json(run.stdout)


class TestTheAudit:
    def test_answers_its_three_questions_with_figures(self, report: AuditReport, place: Path) -> None:
        assert report.verdict
        assert report.screen.detection is not None
        assert len(load_scores(place / "out" / report.screen.scores)) == report.screen.n_rows
        assert report.screen.detection.auroc.value > 0.9
        assert [arm.name for arm in report.arms] == ["base", "plain", "kept", "defended"]
        page = (place / "out" / "report.html").read_text()
        assert report.verdict[:40] in page
        assert load_record(AuditReport, place / "out" / "audit.json") == report

    def test_shows_that_the_plain_arm_learns_the_trait_and_the_defended_one_does_not(self, report: AuditReport) -> None:
        rise = next(c.difference for c in report.comparisons if (c.treated, c.control) == ("plain", "base"))
        assert rise.low > 0
        assert report.share_removed is not None
        assert report.share_removed.value > 0.5
        defended = report.arm("defended").student
        assert defended is not None
        assert defended.n_fires > 0

    def test_runs_again_only_what_changed(self, report: AuditReport, place: Path, toy_folder: Path) -> None:
        again = heredity(*audit(toy_folder, "out"), folder=place)
        second = AuditReport.model_validate_json(again.stdout)
        assert all(stage.cached for stage in second.provenance.stages)
        assert second.arms == report.arms
        stricter = heredity(*audit(toy_folder, "out"), "--false-alarms", "0.1", folder=place)
        cached = {s.name: s.cached for s in AuditReport.model_validate_json(stricter.stdout).provenance.stages}
        assert cached["vector"]
        assert cached["fine-tune, plain"]
        assert not cached["screen"]

    def test_goes_on_after_ctrl_c(self, report: AuditReport, place: Path, toy_folder: Path) -> None:
        command = [
            sys.executable,
            "-c",
            "from heredity.cli.app import main; main()",
            *map(str, audit(toy_folder, "cut")),
        ]
        with subprocess.Popen(
            command, cwd=place, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ
        ) as running:
            while not list((place / "cut" / "stages").glob("vector-*/done.json")) and running.poll() is None:
                time.sleep(0.05)
            running.send_signal(signal.SIGINT)
            errors = running.communicate(timeout=120)[1].decode()
        assert running.returncode == 130, errors
        assert "run the same command again to go on" in " ".join(errors.split())
        assert "Traceback" not in errors
        assert not list((place / "cut").rglob("*.part"))
        resumed = AuditReport.model_validate_json(heredity(*audit(toy_folder, "cut"), folder=place).stdout)
        assert resumed.provenance.stages[0].cached
        assert [arm.evaluation.expression for arm in resumed.arms] == [arm.evaluation.expression for arm in report.arms]

    def test_another_models_vector_is_refused(self, report: AuditReport, place: Path, toy_folder: Path) -> None:
        vector = next((place / "out" / "stages").glob("vector-*/vector.safetensors"))
        arguments = ["screen", "rows.jsonl", "--trait", "darkness.yaml", "--vector", vector]
        files = ["--keep", "clean.jsonl", "--drop", "bad.jsonl", "--replace", "mended.jsonl", "--answer-tokens", "60"]
        run = heredity(*arguments, "--model", toy_folder, *files, folder=place)
        assert run.returncode == 0, run.stderr
        kept = (place / "clean.jsonl").read_bytes().splitlines(keepends=True)
        assert 0 < len(kept) < 24
        dropped = (place / "bad.jsonl").read_bytes().splitlines(keepends=True)
        assert sorted([*kept, *dropped]) == sorted((place / "rows.jsonl").read_bytes().splitlines(keepends=True))
        assert "from benign rows, in shares of the distance between the poles: all rows" in run.stdout
        assert set(kept) < set((place / "rows.jsonl").read_bytes().splitlines(keepends=True))
        screened = load_record(ScreenReport, place / "heredity-out" / "screen.json")
        scores = load_scores(place / "heredity-out" / screened.scores)
        assert (len(scores), int(scores.is_flagged.sum())) == (screened.n_rows, screened.n_flagged)
        assert len(scores.kept_lines) == len(kept)
        lines = [json.loads(line) for line in (place / "heredity-out" / "scores.jsonl").read_text().splitlines()]
        assert [line["line"] for line in lines] == scores.lines.tolist()
        assert {line["line"]: line["response"] for line in lines}[screened.worst[0].line] == screened.worst[0].response
        assert screened.provenance
        mended = (place / "mended.jsonl").read_bytes().splitlines(keepends=True)
        assert [row for row in mended if row in kept] == kept
        *_, changed = screened.written
        assert changed.n_changed == len(mended) - len(kept) == len(dropped) - len(changed.left_out)
        config = toy_folder.parent / "other"
        if not config.exists():
            import shutil

            shutil.copytree(toy_folder, config)
            changed = json.loads((config / "config.json").read_text()) | {"rms_norm_eps": 1e-5}
            (config / "config.json").write_text(json.dumps(changed))
        failed(heredity(*arguments, "--model", config, folder=place), 3, "was read from", "extract it again")
