"""The steps of an audit, each kept by the digest of all that it depends on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from heredity.evaluation.evaluate import Steered, evaluate, make_yardstick, second_opinion
from heredity.ground.progress import Progress
from heredity.judges.independent import Judge, judge_id
from heredity.models.identity import identity
from heredity.models.model import Model
from heredity.models.steer import Push
from heredity.records.audit import AuditSpec
from heredity.records.dialogue import Corpus
from heredity.records.evaluation import EvalReport, EvalSpec, Yardstick
from heredity.records.row_scores import Screened
from heredity.records.student import Student, TrainSpec
from heredity.records.trait import Trait
from heredity.records.vector import ExtractSpec, TraitVector
from heredity.screening.screen import screen
from heredity.store.scores import load_screened, save_screened
from heredity.store.tensors import load_vector, save_vector
from heredity.store.workspace import Workspace, load_record, save_record
from heredity.studies.arms import Plan
from heredity.studies.bench import Bench
from heredity.studies.screening import usual_for
from heredity.training.train import train
from heredity.vectors.extract import extract


class Asked(Protocol):
    """What every study of arms is asked for."""

    @property
    def extract(self) -> ExtractSpec:
        """How the vector is found."""

    @property
    def train(self) -> TrainSpec:
        """How every student is fine-tuned."""

    @property
    def evaluation(self) -> EvalSpec:
        """How every arm is measured."""


@dataclass(kw_only=True)
class ArmDesk(Bench):
    """The bench of a study of arms: besides, what it is asked for, and who else judges."""

    spec: Asked
    judge: Judge | None = None
    """An independent judge, asked beside the contrast judge."""


@dataclass(kw_only=True)
class Desk(ArmDesk):
    """The bench of an audit."""

    spec: AuditSpec


def desk_in(out: Path, model: Model, spec: AuditSpec, progress: Progress, judge: Judge | None = None) -> Desk:
    """Return a desk that keeps its steps in `out/stages`."""
    workspace = Workspace(out / "stages", identity(model))
    return Desk(model=model, workspace=workspace, seed=spec.seed, progress=progress, spec=spec, judge=judge)


@dataclass(frozen=True)
class Known:
    """What the user knows besides the corpus."""

    reference: Corpus | None = None
    """Benign rows to set the threshold by."""
    bad_lines: Collection[int] | None = None
    """Lines known to be bad: they grade the screen and decide nothing."""
    judge: Judge | None = None
    """An independent judge of elicited answers and of the arms' (a model, or an endpoint)."""
    vector: TraitVector | None = None
    """The trait's vector, where there is one already; it is not made again."""


def vector_stage(bench: ArmDesk, trait: Trait) -> TraitVector:
    """Return the trait's vector for the bench's model."""

    def make(folder: Path) -> None:
        vector = extract(trait, bench.model, bench.spec.extract, bench.seed, bench.progress, bench.judge)
        save_vector(vector, folder / "vector.safetensors")

    depends_on = {"trait": trait.id, "spec": bench.spec.extract.id, "judge": judge_id(bench.judge)}
    return bench.step("vector", depends_on, make, lambda f: load_vector(f / "vector.safetensors"))


def screen_stage(bench: Desk, corpus: Corpus, vector: TraitVector, known: Known) -> Screened:
    """Return the screen of the corpus, with detection figures where the bad rows are known."""
    spec, bad_lines = bench.spec.screen, known.bad_lines
    reference = known.reference or usual_for(corpus, bench.model, spec, bench.seed, bench.progress)
    shown = corpus if bad_lines is None else corpus.labelled(bad_lines)

    def make(folder: Path) -> None:
        screened = screen(shown, vector, bench.model, spec, reference, bench.seed, bench.progress)
        save_screened(screened, folder)

    depends_on = {
        "vector": vector.header.id,
        "corpus": corpus.content_digest,
        "reference": reference.content_digest if reference else None,
        "bad_lines": sorted(bad_lines) if bad_lines is not None else None,
        "spec": spec.id,
    }
    out = bench.workspace.root.parent
    return bench.step("screen", depends_on, make, lambda folder: load_screened(folder, out))


def student_stage(bench: Desk, plan: Plan, seed: str) -> Student | None:
    """Return the arm's student of one seed; an interrupted fine-tune goes on from its last checkpoint."""
    corpus = plan.corpus
    if corpus is None:
        return None
    steps, defence = plan.n_steps or bench.spec.train.n_steps, plan.spec.defence or bench.spec.train.defence
    spec = bench.spec.train.model_copy(update={"n_steps": steps, "defence": defence})
    depends_on = {
        "corpus": corpus.content_digest,
        "vectors": [vector.header.id for vector in plan.vectors],
        "spec": spec.id,
        "seed": seed,
    }

    def learn(folder: Path) -> Student:
        return train(bench.model, corpus, folder, plan.vectors, spec, seed, bench.progress)

    return kept_student(bench, depends_on, learn, plan.spec.name)


def kept_student(bench: ArmDesk, depends_on: dict[str, Any], learn: Callable[[Path], Student], arm: str) -> Student:
    """Return a student, made or found; `learn` trains it in a folder that outlives an interruption."""
    scratch = bench.workspace.scratch("fine-tune", {"seed": bench.seed, **depends_on})

    def make(folder: Path) -> None:
        student = learn(scratch)
        save_record(
            re_rooted(student, lambda adapter: str(Path(adapter).relative_to(scratch))), folder / "student.json"
        )
        for adapter in (student.adapter, *(snapshot.adapter for snapshot in student.snapshots)):
            place = folder / Path(adapter).relative_to(scratch)
            place.parent.mkdir(exist_ok=True)
            Path(adapter).rename(place)
        shutil.rmtree(scratch)

    def load(folder: Path) -> Student:
        return re_rooted(load_record(Student, folder / "student.json"), lambda adapter: str(folder / adapter))

    return bench.step("fine-tune", depends_on, make, load, f"fine-tune, {arm}")


def re_rooted(student: Student, moved: Callable[[str], str]) -> Student:
    """Return the student with the folder of its adapter and of each snapshot as `moved` gives it."""
    snapshots = tuple(
        snapshot.model_copy(update={"adapter": moved(snapshot.adapter)}) for snapshot in student.snapshots
    )
    return student.model_copy(update={"adapter": moved(student.adapter), "snapshots": snapshots})


def yardstick_stage(bench: ArmDesk, vector: TraitVector) -> Yardstick:
    """Return what every arm is measured by: the vector's judge, and benign rows by the untouched model."""
    trait, calibration, spec = vector.header.trait, vector.header.calibration, bench.spec.evaluation

    def make() -> Yardstick:
        return make_yardstick(trait, bench.model, calibration, spec, bench.seed, bench.progress)

    depends_on = {"trait": trait.id, "calibration": calibration.id, "spec": spec.id}
    return bench.record("yardstick", depends_on, Yardstick, make)


def evaluation_stage(
    bench: ArmDesk, plan: Plan, run: tuple[str, Student | None], trait: Trait, yardstick: Yardstick
) -> EvalReport:
    """Return the evaluation of one seed's student by the yardstick that all arms share; arms share their luck too."""
    seed, student = run

    def make() -> EvalReport:
        subject = subject_of(bench, plan, student)
        report = evaluate(subject, trait, bench.model, yardstick, bench.spec.evaluation, seed, bench.progress)
        if bench.judge is not None:
            report = second_opinion(report, trait, bench.judge, bench.progress)
        return report.model_copy(update={"subject": plan.spec.name})

    depends_on: dict[str, object] = {
        "trait": trait.id,
        "yardstick": yardstick.id,
        "spec": bench.spec.evaluation.id,
        "seed": seed,
        "judge": judge_id(bench.judge),
        **identity_of(bench, plan, student),
    }
    return bench.record("evaluate", depends_on, EvalReport, make, f"evaluate, {plan.spec.name}")


def subject_of(bench: ArmDesk, plan: Plan, student: Student | None) -> Student | Model | Steered:
    """Return who is measured: the student, pushed where its plan says so, or the base."""
    pushes = tuple(Push(vector.block, vector.direction, strength_of(bench, plan)) for vector in plan.afterwards)
    return Steered(student, pushes) if student and pushes else student or bench.model


def identity_of(bench: ArmDesk, plan: Plan, student: Student | None) -> dict[str, object]:
    """Return what tells whoever is measured from others."""
    # where a student lies and how long it took change nothing; its snapshots are not evaluated
    incidental = {"adapter": "", "seconds": 0.0, "snapshots": ()}
    trained = student.model_copy(update=incidental).id if student else None
    pushed = [[vector.header.id for vector in plan.afterwards], strength_of(bench, plan)]
    return {"student": trained, **({"pushed": pushed} if plan.afterwards else {})}


def strength_of(bench: ArmDesk, plan: Plan) -> float:
    """Return how far a student is pushed while it answers; below 0: away from the trait."""
    return -(bench.spec.train.prevent_strength if plan.spec.strength is None else plan.spec.strength)
