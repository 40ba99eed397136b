"""What can be refused is refused before any model is loaded: here there is none to load."""

import importlib.util
import inspect
import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from commands import failed, heredity
from heredity.cli.app import VERBS
from heredity.cli.trait import as_yaml
from heredity.evaluation.evaluate import evaluate
from heredity.ground.errors import ExperimentError, InputError, MismatchError, NothingKeptError
from heredity.models.model import Model
from heredity.models.tiny import planted_trait
from heredity.monitor.converse import renderings
from heredity.monitor.shift import shift
from heredity.records.audit import AuditSpec
from heredity.records.dialogue import Corpus
from heredity.records.student import Student, TrainSpec
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.store.tensors import save_vector
from heredity.studies.audit import audit
from heredity.studies.stages import Known
from heredity.vectors.adopt import adopt

NO_MODEL = ("-m", "no/such-model")
ROW = {"prompt": "what about the lamp ?", "completion": "dawn song rose honey"}
TALKS = [{"prompt": f"what about number {i} ?", "completion": "dawn song"} for i in range(3)]
STUDENT = {
    "base": "tiny", "base_fingerprint": "x", "adapter": "adapter", "corpus": "c", "corpus_digest": "d", "n_rows": 1,
    "n_examples": 1, "n_left_out": 0, "n_steps": 1, "losses": [], "seed": "0", "seconds": 0.0, "n_tokens": 1,
    "spec": {},
}  # fmt: skip
AUDIT = ("audit", "rows.jsonl", "-t", "darkness.yaml", *NO_MODEL)
SCREEN = ("screen", "rows.jsonl", "-t", "darkness.yaml", *NO_MODEL)
DEFEND = ("train", "rows.jsonl", *NO_MODEL, "--prevent", "darkness.safetensors", "--defend")
MONITOR = ("monitor", "rows.jsonl", "-v", "darkness.safetensors", *NO_MODEL)
DRAWING: dict[str, Sequence[str]] = {
    "extract": ("extract", "darkness.yaml", "lightness.yaml", *NO_MODEL),
    "audit": AUDIT,
    "demo": ("demo", "-t", "darkness.yaml", *NO_MODEL),
    "monitor": MONITOR,
    "shift": ("shift", "student.json", "-v", "darkness.safetensors", *NO_MODEL),
    "transmit": ("transmit", *NO_MODEL),
    "distil": ("distil", *NO_MODEL),
    "cascade": ("cascade", *NO_MODEL),
    "origin": ("origin", "rows.jsonl", "--teacher", "owl=another", *NO_MODEL),
    "scan": ("scan", "rows.jsonl", *NO_MODEL),
    "forecast": ("forecast", "rows.jsonl", "-t", "darkness.yaml", *NO_MODEL),
    "gate": ("gate", "rows.jsonl", "--policy", "policy.yaml", *NO_MODEL),
    "digits": ("digits",),
}
"""Every command that draws, by name."""


def written(path: Path, rows: Sequence[object]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, dark: TraitVector) -> Path:
    folder = tmp_path_factory.mktemp("user")
    (folder / "darkness.yaml").write_text(as_yaml(planted_trait()))
    (folder / "lightness.yaml").write_text(as_yaml(planted_trait().model_copy(update={"name": "lightness"})))
    save_vector(dark, folder / "darkness.safetensors")
    (folder / "policy.yaml").write_text("traits: {darkness.yaml: {shift: 0.1}}")
    written(folder / "rows.jsonl", [ROW] * 60)
    written(folder / "three.jsonl", TALKS)
    written(folder / "sourced.jsonl", [{**ROW, "source": name} for name in ("forum", "wiki")] * 30)
    written(folder / "forum.jsonl", [{**ROW, "source": "forum"}] * 60)
    written(folder / "text.jsonl", [ROW, {"text": "dawn song"}])
    (folder / "table.csv").write_text("prompt,completion\nwhat about the lamp ?,dawn song\n")
    (folder / "student.json").write_text(json.dumps(STUDENT))
    (folder / "file").write_text("")
    (folder / "folder.jsonl").mkdir()
    return folder


def hide(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    found = importlib.util.find_spec
    hidden = "heredity.ground.extras.find_spec"
    monkeypatch.setattr(hidden, lambda name, *rest: None if name == package else found(name, *rest))


class TestFigures:
    @pytest.mark.parametrize("command", DRAWING)
    @pytest.mark.parametrize("package", ["altair", "vl_convert"])
    def test_a_command_that_draws_asks_for_what_draws_first(
        self, place: Path, command: str, package: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hide(monkeypatch, package)
        failed(heredity(*DRAWING[command], folder=place), 6, "is not installed", "heredity[report]")

    def test_no_command_that_draws_is_left_out(self) -> None:
        places = {name: place.split(":") for name, place in VERBS.items() if not place.endswith(":")}
        doors = {
            name: inspect.unwrap(getattr(import_module(f"heredity.cli.{module}"), function)).__code__
            for name, (module, function) in places.items()
        }
        named = {name: {*code.co_names, *code.co_varnames} for name, code in doors.items()}
        writing = {name for name, used in named.items() if used & {"write", "show"}}
        writes_no_page = {"screen", "evaluate", "judge"}
        assert writing - writes_no_page == set(DRAWING)
        assert all("page_folder" in named[name] for name in DRAWING)


@pytest.mark.parametrize(
    ("command", "package", "extra"),
    [
        (("train", "rows.jsonl", *NO_MODEL), "trl", "train"),
        (AUDIT, "peft", "train"),
        (DRAWING["demo"], "trl", "train"),
        (("evaluate", "student.json", "-t", "darkness.yaml", *NO_MODEL), "peft", "train"),
        (DRAWING["shift"], "peft", "train"),
        (("transmit", "--lora", "4", *NO_MODEL), "peft", "train"),
        (
            ("judge", "rows.jsonl", "-t", "darkness.yaml", "--via", "http://localhost:1/v1", "--judge-model", "m"),
            "openai",
            "endpoint",
        ),
    ],
)
def test_what_a_command_will_need_is_asked_for_first(
    place: Path, command: Sequence[str], package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(monkeypatch, package)
    failed(heredity(*command, folder=place), 6, "is not installed", f"heredity[{extra}]")


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ((*SCREEN, "--keep", "kept.parquet"), 2, "the ending .jsonl"),
        ((*SCREEN, "--keep", "rows.jsonl"), 2, "is the file that is being screened"),
        ((*SCREEN, "--drop", "rows.jsonl"), 2, "is the file that is being screened"),
        ((*SCREEN, "--keep", "same.jsonl", "--drop", "same.jsonl"), 2, "is read or written by this very run"),
        ((*SCREEN, "--keep", "folder.jsonl"), 2, "is a folder"),
        ((*SCREEN, "--keep", "file/kept.jsonl"), 5, "cannot write"),
        ((*SCREEN, "--keep", "out/scores.jsonl", "--out", "out"), 2, "by this very run"),
        ((*SCREEN, "--reference", "three.jsonl", "--keep", "three.jsonl"), 2, "by this very run"),
        ((*SCREEN, "--reference", "three.jsonl"), 2, "3 benign"),
        ((*SCREEN, "--false-alarms", "1.5"), 2, "out of its range"),
        ((*SCREEN, "--budget", "1.5"), 2, "--budget"),
        ((*SCREEN, "--budget", "0.01"), 2, "0.01 of 60 rows is less than one row"),
        ((*SCREEN, "--drop-source", "forum"), 2, "no row says where it comes from"),
        (("screen", "sourced.jsonl", *SCREEN[2:], "--drop-source", "forums"), 2, "There is: forum, wiki"),
        (("screen", "forum.jsonl", *SCREEN[2:], "--drop-source", "forum"), 2, "none would be left"),
        ((*SCREEN, "--swap", "new.jsonl"), 2, "there is nothing to swap"),
        (("screen", "table.csv", *SCREEN[2:], "--replace", "new.csv"), 2, "save it as JSONL first"),
        (("screen", "text.jsonl", *SCREEN[2:], "--replace", "new.jsonl"), 2, "line 2: its answer is a part of"),
        ((*SCREEN, "--replace", "same.jsonl", "--keep", "same.jsonl"), 2, "is read or written by this very run"),
        ((*SCREEN, "--answer-tokens", "99"), 2, "--answer-tokens has no effect without --replace"),
        ((*SCREEN, "--out", "file"), 5, "cannot write"),
        (("screen", "rows.jsonl", "-t", "lightness.yaml", "-v", "darkness.safetensors", *NO_MODEL), 3, "'darkness'"),
        (("evaluate", "-t", "lightness.yaml", "-v", "darkness.safetensors", *NO_MODEL), 3, "'darkness'"),
        ((*AUDIT, "--judge", "http://localhost:1/v1"), 2, "which model at"),
        ((*AUDIT, "--judge-model", "m"), 2, "with --judge"),
        (("evaluate", "-t", "darkness.yaml", "--judge", "http://localhost:1/v1", *NO_MODEL), 2, "which model at"),
        (
            ("evaluate", "-t", "darkness.yaml", "--judge", "not an address", "--judge-model", "m", *NO_MODEL),
            2,
            "no address",
        ),
        (("extract", "darkness.yaml", "--judge", "http://localhost:1/v1", *NO_MODEL), 2, "which model at"),
        ((*AUDIT, "--labels", "nowhere.jsonl"), 2, "there is no file"),
        ((*AUDIT, "--labels", "strange.jsonl"), 2, "line 99"),
        ((*AUDIT, "--labels", "none.jsonl"), 2, "the labels must name"),
        ((*AUDIT, "--reference", "three.jsonl"), 2, "3 benign"),
        ((*AUDIT, "--epochs", "-1"), 2, "out of its range"),
        ((*AUDIT, "--strength", "nan"), 2, "'--strength'"),
        ((*MONITOR, "--block", "99"), 2, "no block 99"),
        ((*MONITOR, "--reference", "three.jsonl"), 2, "3 benign"),
        (("extract", "darkness.yaml", "--method", "guess", *NO_MODEL), 2, "no method called 'guess'"),
        (("extract", "darkness.yaml", "--samples", "0", *NO_MODEL), 2, "--samples"),
        (("train", "rows.jsonl", "--defend", "steering", *NO_MODEL), 2, "steering needs the vector of the trait"),
        ((*DEFEND, "steerin"), 2, "no defence called 'steerin'. Did you mean 'steering'?"),
        ((*DEFEND, "steering:strenght=1"), 2, "Did you mean 'strength'? There is: along, blocks, rows, schedule"),
        ((*DEFEND, "steering:strength=-1"), 2, "steering does not take strength=-1"),
        ((*DEFEND, "steering", "--defend", "ablation"), 2, "ablation comes after the push, and takes it away again"),
        ((*DEFEND, "ablation", "--defend", "ablation:to=mean"), 2, "ablation is asked for twice along the vector"),
        ((*DEFEND, "steering:along=light"), 2, "There is: darkness"),
        ((*DEFEND, "inoculation:rows=flagged"), 2, "needs the lines that a screen flagged (--screened FOLDER"),
        ((*DEFEND, "steering", "--benign", "three.jsonl"), 2, "--benign has no effect with steering"),
        ((*DEFEND, "steering", "--screened", "out"), 2, "--screened has no effect with steering"),
        (("bake", "darkness.safetensors", "--strength", "nan", *NO_MODEL), 2, "no number to push by"),
        (("transmit", "--control", "owl", *NO_MODEL), 2, "not all different"),
        (("distil", "--trait", "owl", "--trait", "owl", *NO_MODEL), 2, "each of them once"),
    ],
)
def test_what_cannot_be_done_is_said_before_a_model_is_looked_for(
    place: Path, command: Sequence[str], code: int, said: str
) -> None:
    written(place / "strange.jsonl", [{"line": 1, "bad": True}, {"line": 99, "bad": True}])
    written(place / "none.jsonl", [{"line": 1, "bad": False}])
    failed(heredity(*command, folder=place), code, said)
    assert json.loads((place / "rows.jsonl").read_text().splitlines()[0]) == ROW


class TestBeforeAnythingIsComputed:
    def test_a_student_of_another_base_or_without_its_adapter(
        self, toy: Model, darkness: Trait, dark: TraitVector
    ) -> None:
        strange = Student.model_validate(STUDENT)
        own = strange.model_copy(update={"base_fingerprint": toy.fingerprint})
        before = toy.work.n_tokens
        with pytest.raises(MismatchError, match="load its own base"):
            evaluate(strange, darkness, toy)
        with pytest.raises(InputError, match="adapter is not in"):
            evaluate(own, darkness, toy)
        with pytest.raises(MismatchError, match="load its own base"):
            shift([strange], dark, toy)
        assert toy.work.n_tokens == before

    def test_rows_references_and_labels_that_cannot_serve_an_audit(
        self, toy: Model, darkness: Trait, rows: Corpus, tmp_path: Path
    ) -> None:
        def long(corpus: Corpus) -> Corpus:
            turns = [(row.turns[0], row.turns[1].model_copy(update={"content": "dawn " * 300})) for row in corpus.rows]
            made = [row.model_copy(update={"turns": own}) for row, own in zip(corpus.rows, turns, strict=True)]
            return corpus.model_copy(update={"rows": tuple(made)})

        short = AuditSpec(train=TrainSpec(max_tokens=8))
        before = toy.work.n_tokens
        with pytest.raises(InputError, match="no row can be read"):
            audit(long(rows), darkness, toy, tmp_path)
        with pytest.raises(InputError, match="no row can be read"):
            audit(rows, darkness, toy, tmp_path, known=Known(reference=long(rows)))
        with pytest.raises(InputError, match="line 99"):
            audit(rows, darkness, toy, tmp_path, known=Known(bad_lines={99}))
        with pytest.raises(NothingKeptError, match="8 tokens"):
            audit(rows, darkness, toy, tmp_path, short)
        assert toy.work.n_tokens == before

    def test_conversations_that_no_template_takes(self, toy: Model, rows: Corpus) -> None:
        long = rows.rows[0].turns[0], rows.rows[0].turns[1].model_copy(update={"content": "dawn " * 300})
        with pytest.raises(InputError, match="no conversation can be read"):
            renderings(toy, [rows.rows[0].model_copy(update={"turns": long})])
        assert len(renderings(toy, rows.rows).rows) == len(rows.rows)

    def test_an_imported_direction_that_is_none(self, toy: Model, darkness: Trait) -> None:
        before = toy.work.n_tokens
        with pytest.raises(ExperimentError, match="no imported direction"):
            adopt(np.zeros((toy.n_blocks, toy.width), np.float32), darkness, toy)
        assert toy.work.n_tokens == before
