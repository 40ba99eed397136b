"""The steps of an audit, each kept by the digest of all that it depends on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from heredity.evaluation.evaluate import Steered, evaluate, make_yardstick, second_opinion
from heredity.ground.progress import Progress
from heredity.judges.independent import Judge, judge_id
from heredity.models.identity import identity
from heredity.models.model import Model
from heredity.models.steer import Push
from heredity.records.audit import AuditSpec
from heredity.records.dialogue import Corpus
from heredity.records.evaluation import EvalReport, Yardstick
from heredity.records.row_scores import Screened
from heredity.records.student import Student
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.screening.screen import screen
from heredity.store.scores import load_screened, save_screened
from heredity.store.tensors import load_vector, save_vector
from heredity.store.workspace import Workspace, load_record, save_record
from heredity.studies.arms import Plan
from heredity.studies.bench import Bench
from heredity.studies.defending import given_from, with_answers
from heredity.training.train import train
from heredity.vectors.extract import extract


@dataclass(kw_only=True)
class Desk(Bench):
    """The bench of an audit: besides, what it is asked for, and who else judges."""

    spec: AuditSpec
    judge: Judge | None = None
    """An independent judge, asked beside the contrast judge."""


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


def vector_stage(bench: Desk, trait: Trait) -> TraitVector:
    """Return the trait's vector for the bench's model."""

    def make(folder: Path) -> None:
        vector = extract(trait, bench.model, bench.spec.extract, bench.seed, bench.progress, bench.judge)
        save_vector(vector, folder / "vector.safetensors")

    depends_on = {"trait": trait.id, "spec": bench.spec.extract.id, "judge": judge_id(bench.judge)}
    return bench.step("vector", depends_on, make, lambda f: load_vector(f / "vector.safetensors"))


def screen_stage(bench: Desk, corpus: Corpus, vector: TraitVector, known: Known) -> Screened:
    """Return the screen of the corpus, with detection figures where the bad rows are known."""
    reference, bad_lines = known.reference, known.bad_lines
    shown = corpus if bad_lines is None else corpus.labelled(bad_lines)

    def make(folder: Path) -> None:
        screened = screen(shown, vector, bench.model, bench.spec.screen, reference, bench.seed, bench.progress)
        save_screened(screened, folder)

    depends_on = {
        "vector": vector.header.id,
        "corpus": corpus.content_digest,
        "reference": reference.content_digest if reference else None,
        "bad_lines": sorted(bad_lines) if bad_lines is not None else None,
        "spec": bench.spec.screen.id,
    }
    out = bench.workspace.root.parent
    return bench.step("screen", depends_on, make, lambda folder: load_screened(folder, out))


def student_stage(bench: Desk, plan: Plan, seed: str) -> Student | None:
    """Return the arm's student of one seed; an interrupted fine-tune goes on from its last checkpoint."""
    corpus = plan.corpus
    if corpus is None:
        return None
    steps = plan.n_steps or bench.spec.train.n_steps
    spec = bench.spec.train.model_copy(update={"n_steps": steps, "defence": plan.spec.defence})
    given = given_from(spec.defence, plan.vectors, plan.screened)
    given = with_answers(spec.defence, given, bench.model, bench.progress)
    depends_on: dict[str, object] = {
        "corpus": corpus.content_digest,
        "vectors": [vector.header.id for vector in plan.vectors],
        "spec": spec.id,
        "seed": seed,
    }
    if given.content_digest:
        depends_on["given"] = given.content_digest
    scratch = bench.workspace.scratch("fine-tune", {"seed": bench.seed, **depends_on})

    def make(folder: Path) -> None:
        student = train(bench.model, corpus, scratch, given, spec, seed, bench.progress)
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

    return bench.step("fine-tune", depends_on, make, load, f"fine-tune, {plan.spec.name}")


def re_rooted(student: Student, moved: Callable[[str], str]) -> Student:
    """Return the student with the folder of its adapter and of each snapshot as `moved` gives it."""
    snapshots = tuple(
        snapshot.model_copy(update={"adapter": moved(snapshot.adapter)}) for snapshot in student.snapshots
    )
    return student.model_copy(update={"adapter": moved(student.adapter), "snapshots": snapshots})


def yardstick_stage(bench: Desk, vector: TraitVector) -> Yardstick:
    """Return what every arm is measured by: the vector's judge, and benign rows by the untouched model."""
    trait, calibration, spec = vector.header.trait, vector.header.calibration, bench.spec.evaluation

    def make() -> Yardstick:
        return make_yardstick(trait, bench.model, calibration, spec, bench.seed, bench.progress)

    depends_on = {"trait": trait.id, "calibration": calibration.id, "spec": spec.id}
    return bench.record("yardstick", depends_on, Yardstick, make)


def evaluation_stage(
    bench: Desk, plan: Plan, run: tuple[str, Student | None], trait: Trait, yardstick: Yardstick
) -> EvalReport:
    """Return the evaluation of one seed's student by the yardstick that all arms share; arms share their luck too."""
    seed, student = run
    strength = -bench.spec.train.prevent_strength
    pushes = tuple(Push(vector.block, vector.direction, strength) for vector in plan.afterwards)

    def make() -> EvalReport:
        subject = Steered(student, pushes) if student and pushes else student or bench.model
        report = evaluate(subject, trait, bench.model, yardstick, bench.spec.evaluation, seed, bench.progress)
        if bench.judge is not None:
            report = second_opinion(report, trait, bench.judge, bench.progress)
        return report.model_copy(update={"subject": plan.spec.name})

    # where a student lies and how long it took change nothing; its snapshots are not evaluated
    incidental = {"adapter": "", "seconds": 0.0, "snapshots": ()}
    trained = student.model_copy(update=incidental).id if student else None
    depends_on: dict[str, object] = {
        "trait": trait.id,
        "yardstick": yardstick.id,
        "student": trained,
        "spec": bench.spec.evaluation.id,
        "seed": seed,
        "judge": judge_id(bench.judge),
    }
    if pushes:
        depends_on["pushed"] = [[vector.header.id for vector in plan.afterwards], strength]
    return bench.record("evaluate", depends_on, EvalReport, make, f"evaluate, {plan.spec.name}")
