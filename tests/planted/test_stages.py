"""The audit's student keeps its snapshots, wherever its folder lies."""

import shutil
from pathlib import Path

import pytest

from heredity.ground.progress import SILENCE
from heredity.models.adapt import adapted
from heredity.models.model import Model
from heredity.monitor.shift import stages_of
from heredity.records.audit import PLAIN, AuditSpec
from heredity.records.dialogue import Corpus
from heredity.records.evaluation import EvalSpec
from heredity.records.student import TrainSpec
from heredity.records.vector import TraitVector
from heredity.studies.arms import Plan
from heredity.studies.stages import Desk, desk_in, evaluation_stage, student_stage, yardstick_stage
from heredity.training.train import snapshots, train

TRAIN = TrainSpec(n_epochs=2, batch_rows=4, n_snapshots=1)
SPEC = AuditSpec(train=TRAIN, evaluation=EvalSpec(n_samples=1, n_tokens=8))


def bench(toy: Model, folder: Path) -> Desk:
    return desk_in(folder, toy, SPEC, SILENCE)


@pytest.fixture(scope="module")
def plan(rows: Corpus) -> Plan:
    return Plan(PLAIN, rows.subset(set(range(1, 9))))


def test_an_audits_student_keeps_its_snapshots_and_leaves_no_scratch(toy: Model, plan: Plan, tmp_path: Path) -> None:
    made = student_stage(bench(toy, tmp_path), plan, "0")
    found = student_stage(bench(toy, tmp_path), plan, "0")
    assert made == found
    assert made is not None
    assert [one.step for one in made.snapshots] == [2]
    for stage in (*stages_of(made), made):
        with adapted(toy, stage) as subject:
            assert subject.name.endswith(stage.adapter)
    assert not list(tmp_path.rglob("*.resume"))
    assert str(tmp_path) not in next((tmp_path / "stages").glob("fine-tune-*")).joinpath("student.json").read_text()


def test_an_evaluation_is_found_again_where_the_students_folder_was_moved(
    toy: Model, dark: TraitVector, plan: Plan, tmp_path: Path
) -> None:
    reports, cached = [], []
    for folder in (tmp_path / "first", tmp_path / "moved"):
        desk = bench(toy, folder)
        student, yardstick = student_stage(desk, plan, "0"), yardstick_stage(desk, dark)
        reports.append(evaluation_stage(desk, plan, ("0", student), dark.header.trait, yardstick))
        cached.append([stage.cached for stage in desk.stages])
        if folder.name == "first":
            folder.rename(tmp_path / "moved")
    assert cached == [[False] * 3, [True] * 3]
    assert reports[0] == reports[1]


def test_only_snapshots_that_are_there_are_listed(toy: Model, plan: Plan, tmp_path: Path) -> None:
    assert plan.corpus is not None
    spec = TRAIN.model_copy(update={"n_snapshots": 2})
    made = train(toy, plan.corpus, tmp_path, spec=spec)
    assert [one.step for one in made.snapshots] == [1, 3]
    shutil.rmtree(made.snapshots[0].adapter)
    assert snapshots(tmp_path, made.n_steps, spec) == made.snapshots[1:]
