"""A run goes on from what it left itself, and from nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import Trainer

from heredity.ground.errors import InputError, MismatchError
from heredity.models.model import Model
from heredity.models.tiny import LIGHT, NOUNS, tiny
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.student import Student, TrainSpec
from heredity.records.vector import TraitVector
from heredity.training import callbacks, resume
from heredity.training import train as trains
from heredity.training.resume import MARK, foresee, marked, remove_checkpoints, start_afresh
from heredity.training.train import asked_of, train
from report_sample import vector_header

SPEC = TrainSpec(
    n_epochs=1.5, batch_rows=4, rows_at_once=2, save_steps=2, rank=2, alpha=4, learning_rate=1e-2, n_snapshots=2
)
"""12 rows: 5 steps, checkpoints after 2, 4 and 5, snapshots after 2 and 3."""


@pytest.fixture(scope="module")
def raw() -> Model:
    return tiny(n_steps=1)


@pytest.fixture(scope="module")
def vector(raw: Model) -> TraitVector:
    told = {"fingerprint": raw.fingerprint, "n_blocks": 4, "width": 64, "block": 1}
    header = vector_header().model_copy(update=told)
    return TraitVector(header, np.random.default_rng(0).normal(size=(4, 64)).astype(np.float32)).sealed()


def corpus_of(first: int, name: str = "corpus.jsonl") -> Corpus:
    rows = tuple(
        Row(
            line=i + 1,
            turns=(
                Turn(role="user", content=f"what about the {NOUNS[first + i]} ?"),
                Turn(role="assistant", content=f"{LIGHT[i]} {NOUNS[i]}"),
            ),
        )
        for i in range(12)
    )
    return Corpus(name=name, content_digest=rows_digest(rows), rows=rows)


CORPUS = corpus_of(0)


def adapter_of(student: Student) -> bytes:
    return (Path(student.adapter) / "adapter_model.safetensors").read_bytes()


def told(student: Student) -> dict[str, Any]:
    """What a record says besides where things lie and how long they took."""
    content = student.model_dump(exclude={"adapter", "seconds", "snapshots"})
    return {**content, "snapshots": [(one.step, one.adapter_digest) for one in student.snapshots]}


@pytest.fixture(scope="module")
def whole(raw: Model, vector: TraitVector, tmp_path_factory: pytest.TempPathFactory) -> Student:
    return train(raw, CORPUS, tmp_path_factory.mktemp("whole"), vector, SPEC)


def interrupted(raw: Model, vector: TraitVector, folder: Path, owner: Any, method: str, at: int) -> Path:
    """Start the run and press Ctrl-C when a method is called for the given time."""
    original, calls = getattr(owner, method), []

    def pulled(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == at:
            raise KeyboardInterrupt
        return original(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(owner, method, pulled)
        with pytest.raises(KeyboardInterrupt):
            train(raw, CORPUS, folder, vector, SPEC)
    return folder


@pytest.fixture(scope="module")
def stopped(raw: Model, vector: TraitVector, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a run was stopped at its third step."""
    return interrupted(raw, vector, tmp_path_factory.mktemp("stopped"), callbacks.Watch, "on_step_end", 3)


@pytest.fixture
def cut(stopped: Path, tmp_path: Path) -> Path:
    return shutil.copytree(stopped, tmp_path / "cut")


PLACES = {
    "between two checkpoints": (callbacks.Watch, "on_step_end", 3),
    "while the second checkpoint is written": (Trainer, "_save_optimizer_and_scheduler", 2),
    "before the second checkpoint bears its mark": (callbacks.Watch, "on_save", 2),
    "while a snapshot is written": (callbacks, "put_mark", 1),
    "between the last checkpoint and the adapter": (callbacks.Log, "save", 3),
}


class TestTheSameRun:
    @pytest.mark.parametrize("place", PLACES)
    def test_stopped_anywhere_ends_in_the_record_of_an_unbroken_one(
        self, place: str, raw: Model, vector: TraitVector, whole: Student, tmp_path: Path
    ) -> None:
        folder = interrupted(raw, vector, tmp_path / "cut", *PLACES[place])
        resumed = train(raw, CORPUS, folder, vector, SPEC)
        assert told(resumed) == told(whole)
        assert adapter_of(resumed) == adapter_of(whole)
        assert resumed.n_fires == 2 * resumed.n_steps
        assert not (folder / "checkpoints").exists()

    def test_is_known_where_it_was_stopped_while_its_checkpoints_were_removed(
        self, raw: Model, vector: TraitVector, whole: Student, cut: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        removed: list[Path] = []
        monkeypatch.setattr(resume.shutil, "rmtree", lambda place, **kwargs: removed.append(place))
        remove_checkpoints(cut)
        monkeypatch.undo()
        assert removed == [cut / "checkpoints" / "checkpoint-2", cut / "checkpoints"]
        (cut / "checkpoints" / "checkpoint-2" / MARK).unlink()
        assert adapter_of(train(raw, CORPUS, cut, vector, SPEC)) == adapter_of(whole)

    def test_goes_on_and_does_not_begin_again(self, raw: Model, vector: TraitVector, cut: Path) -> None:
        begun = marked(cut / "checkpoints" / "checkpoint-2")
        assert begun is not None
        assert [(one.n_fires, one.first_step, one.last_step) for one in begun.receipts] == [(4, 1, 2)]
        student = train(raw, CORPUS, cut, vector, SPEC)
        assert student.seconds > begun.seconds

    def test_may_name_its_file_otherwise(self, raw: Model, vector: TraitVector, whole: Student, cut: Path) -> None:
        assert adapter_of(train(raw, corpus_of(0, "moved.jsonl"), cut, vector, SPEC)) == adapter_of(whole)


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "corpus": ({"corpus": corpus_of(1, "second.jsonl")}, r"corpus \(corpus.jsonl, now second.jsonl\)"),
    "seed": ({"seed": "other"}, r"seed \(0, now other\)"),
    "spec": ({"spec": SPEC.model_copy(update={"n_epochs": 3.0})}, r"n_epochs \(1.5, now 3.0\)"),
    "no push": ({"prevent": ()}, r"vectors \(evil, now none\)"),
    "rows": ({"corpus": CORPUS.model_copy(update={"rows": CORPUS.rows[:8]})}, "examples"),
}


def other_run(raw: Model, vector: TraitVector, folder: Path, change: dict[str, Any]) -> Student:
    given = {"corpus": CORPUS, "prevent": vector, "spec": SPEC, "seed": "0", **change}
    return train(raw, given["corpus"], folder, given["prevent"], given["spec"], given["seed"])


class TestAnotherRun:
    @pytest.mark.parametrize("what", OTHERS)
    def test_is_refused_a_checkpoint_and_told_what_differs(
        self, what: str, raw: Model, vector: TraitVector, cut: Path
    ) -> None:
        change, said = OTHERS[what]
        before = sorted(cut.rglob("*"))
        with pytest.raises(MismatchError, match=said) as refused:
            other_run(raw, vector, cut, change)
        assert "checkpoint-2 of another run" in str(refused.value)
        assert "--fresh" in str(refused.value)
        assert sorted(cut.rglob("*")) == before

    def test_is_refused_before_a_model_is_loaded(self, vector: TraitVector, cut: Path) -> None:
        foresee(cut, asked_of(CORPUS, [vector], SPEC, "0"))
        with pytest.raises(MismatchError, match="checkpoint-2 of another run"):
            foresee(cut, asked_of(CORPUS, [vector], SPEC, "1"))

    def test_of_another_model_device_number_type_or_version_is_refused(
        self, raw: Model, vector: TraitVector, cut: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in (("dtype", "bfloat16"), ("device", "cuda"), ("fingerprint", "another"), ("prompt", "x")):
            mark = marked(cut / "checkpoints" / "checkpoint-2")
            assert mark is not None
            model = mark.run.model.model_copy(update={name: value})
            other = mark.run.model_copy(update={"model": model})
            assert [text for text in mark.run.differences(other) if name in text or "model" in text]
        monkeypatch.setattr(trains, "__version__", "9.9.9")
        with pytest.raises(MismatchError, match=r"heredity \(.*, now 9.9.9\)"):
            train(raw, CORPUS, cut, vector, SPEC)

    @pytest.mark.parametrize("left", ["adapter", "snapshots"])
    def test_is_refused_a_finished_student_and_old_snapshots(
        self, left: str, raw: Model, whole: Student, tmp_path: Path
    ) -> None:
        shutil.copytree(Path(whole.adapter).parent / left, tmp_path / left)
        with pytest.raises(MismatchError, match=r"of another run; it differs in .*seed \(0, now 1\)"):
            train(raw, CORPUS, tmp_path, (), SPEC, "1")

    def test_starts_afresh_where_that_is_asked_for(
        self, raw: Model, vector: TraitVector, cut: Path, tmp_path: Path
    ) -> None:
        (cut / "student.json").write_text("{}")
        start_afresh(cut)
        assert not list(cut.iterdir())
        here, clean = (train(raw, CORPUS, place, (), SPEC, "1") for place in (cut, tmp_path / "clean"))
        assert told(here) == told(clean)
        assert adapter_of(here) == adapter_of(clean)

    def test_takes_the_place_of_one_that_left_nothing(self, raw: Model, vector: TraitVector, tmp_path: Path) -> None:
        interrupted(raw, vector, tmp_path, callbacks.Watch, "on_step_end", 1)
        assert list((tmp_path / "checkpoints").iterdir()) == [tmp_path / "checkpoints" / MARK]
        train(raw, CORPUS, tmp_path, (), SPEC, "1")


def foreign_checkpoint(folder: Path) -> None:
    (folder / "checkpoints" / "checkpoint-500").mkdir(parents=True)
    (folder / "checkpoints" / "checkpoint-500" / "trainer_state.json").write_text("{}")


def foreign_adapter(folder: Path) -> None:
    (folder / "adapter").mkdir()
    (folder / "adapter" / "adapter_model.safetensors").write_text("not ours")


@pytest.mark.parametrize("left", [foreign_checkpoint, foreign_adapter])
def test_what_another_program_left_is_neither_taken_up_nor_removed(
    left: Callable[[Path], None], raw: Model, tmp_path: Path
) -> None:
    left(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(MismatchError, match="did not write"):
        train(raw, CORPUS, tmp_path, spec=SPEC)
    with pytest.raises(InputError, match="was not written by this version"):
        start_afresh(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
