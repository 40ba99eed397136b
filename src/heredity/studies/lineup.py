"""Teachers and students of a transmission study: made one by one, each kept when it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from scipy import special

from heredity.distill.carriers.numbers import as_rows, random_sequences
from heredity.distill.teachers import preference_rows
from heredity.ground.errors import ExperimentError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import Progress
from heredity.judges.preference import target_probability
from heredity.models.model import Model
from heredity.models.weights import at_rest, frozen, mixed_precision, trainable_copy
from heredity.records.base import Record
from heredity.records.trait import Trait
from heredity.records.transmission import ArmKind, CurvePoint, StudentCurve, Teacher, TransmitSpec
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import cluster_mean
from heredity.store.workspace import Kept, Workspace, load_record, save_record
from heredity.training.imitate import ImitateSpec, imitate

WEAKEST_TEACHER = 0.5
"""A teacher below this probability of its own target has nothing to pass on."""
R = TypeVar("R", bound=Record)


@dataclass
class Lab:
    """What every step works with. The arms differ in the teacher's target and in nothing else."""

    model: Model
    targets: dict[str, Trait]
    """The treated and the control preference by target: one list of options, one set of questions."""
    spec: TransmitSpec
    workspace: Workspace
    seed: str
    progress: Progress
    teachers: dict[str, Model] = field(default_factory=dict)
    """Teachers made in this run; one whose students are all there is never made."""

    def kept(self, name: str, depends_on: dict[str, object], kind: type[R], make: Callable[[], R]) -> R:
        """Return one step's record, made or found."""
        common = {
            "model": self.model.fingerprint,
            "dtype": str(self.model.dtype),
            "seed": self.seed,
            "targets": {target: trait.id for target, trait in self.targets.items()},
            "spec": self.spec.model_dump(mode="json", exclude={"seeds"}),
        }

        def write(folder: Path) -> int:
            before = self.model.work.n_tokens
            save_record(make(), folder / "record.json")
            return self.model.work.n_tokens - before

        done: Kept[R] = self.workspace.stage(
            name, {**common, **depends_on}, write, lambda folder: load_record(kind, folder / "record.json")
        )
        self.progress.note(f"{name} {depends_on}: {'as before' if done.cached else f'{done.seconds:.0f} s'}")
        return done.value

    def teacher(self, target: str) -> Model:
        """Return the teacher that prefers the target; made anew in each run, always the same."""
        if target not in self.teachers:
            self.teachers[target] = make_teacher(self, target)[0]
        return self.teachers[target]


def teacher_step(lab: Lab, target: str) -> Teacher:
    """Return what is known of a teacher. Raises ExperimentError for one that lacks its trait."""

    def make() -> Teacher:
        lab.teachers[target], described = make_teacher(lab, target)
        return described

    teacher = lab.kept("teacher", {"target": target}, Teacher, make)
    if teacher.probability.low < WEAKEST_TEACHER:
        raise ExperimentError(
            f"the teacher of '{target}' names it with probability {teacher.probability}: too weak to pass anything on; "
            "train it longer (--teacher-steps), or choose a target that the model knows better"
        )
    return teacher


def student_step(lab: Lab, arm: ArmKind, target: str, seed: str) -> StudentCurve:
    """Return one student's curve."""
    return lab.kept(
        "student", {"taught by": target, "seed": seed}, StudentCurve, lambda: make_student(lab, arm, target, seed)
    )


def make_teacher(lab: Lab, target: str) -> tuple[Model, Teacher]:
    """Return a copy of the model, fine-tuned to answer the extraction questions with the target, and its strength."""
    spec, trait = lab.spec, lab.targets[target]
    rows = preference_rows(lab.model, trait, spec.teacher_steps * spec.teacher_rows, lab.seed)
    batches = [rows[i : i + spec.teacher_rows] for i in range(0, len(rows), spec.teacher_rows)]
    copied = trainable_copy(lab.model, f"teacher of {target}")
    how = ImitateSpec(
        labels="hard",
        n_steps=spec.teacher_steps,
        batch_rows=spec.teacher_rows,
        learning_rate=spec.teacher_rate,
    )
    losses = imitate(copied, None, batches, how, progress=lab.progress)
    teacher = frozen(copied, lab.model.dtype)
    return teacher, Teacher(
        target=target,
        probability=probability(lab, teacher, target),
        base=probability(lab, lab.model, target),
        n_steps=len(losses),
        losses=losses,
    )


def make_student(lab: Lab, arm: ArmKind, target: str, seed: str) -> StudentCurve:
    """Return the curve of a copy of the base taught on random sequences by one teacher.

    The sequences and their order depend on the seed alone: both arms of a pair see the same.
    """
    spec, teacher = lab.spec, lab.teacher(target)
    rows = as_rows(lab.model, sequences(lab, seed))
    batches = [rows[i : i + spec.batch_rows] for i in range(0, len(rows), spec.batch_rows)]
    student = trainable_copy(lab.model, f"student of {target}, seed {seed}")
    points = [point(lab, student, 0)]

    def measure(step: int) -> None:
        if step in measured_steps(spec):
            points.append(point(lab, student, step))

    how = ImitateSpec(
        labels=spec.labels, n_steps=spec.n_steps, batch_rows=spec.batch_rows, learning_rate=spec.learning_rate
    )
    losses = imitate(student, teacher, batches, how, measure, lab.progress)
    return StudentCurve(arm=arm, taught_by=target, seed=seed, points=tuple(points), losses=losses)


def sequences(lab: Lab, seed: str) -> list[str]:
    """Return a seed's sequences, those of every step in order."""
    spec = lab.spec
    return random_sequences(spec.n_steps * spec.batch_rows, spec.n_values, f"{lab.seed}/carrier/{seed}")


def measured_steps(spec: TransmitSpec) -> list[int]:
    """Return the steps after which a student is measured, the last among them."""
    return sorted({round(spec.n_steps * k / spec.n_points) for k in range(1, spec.n_points + 1)} - {0})


def point(lab: Lab, student: Model, step: int) -> CurvePoint:
    """Return a student's probability and log-odds of both targets, over questions that no teacher was taught."""
    shares = {target: shares_of(lab, student, target) for target in lab.targets}
    return CurvePoint(
        step=step,
        probability={target: _estimate(lab, values) for target, values in shares.items()},
        log_odds={
            target: float(special.logit(np.clip(values, 1e-9, 1 - 1e-9)).mean()) for target, values in shares.items()
        },
    )


def probability(lab: Lab, model: Model, target: str) -> Estimate:
    """Return P(target | the list) over the evaluation questions."""
    return _estimate(lab, shares_of(lab, model, target))


def shares_of(lab: Lab, model: Model, target: str) -> np.ndarray:
    """Return P(target | the list) for every evaluation question, `[questions]`."""
    trait = lab.targets[target]
    with at_rest(model) as resting, mixed_precision(model, lab.model.dtype):
        return target_probability(resting, trait, trait.questions.evaluation, lab.progress)


def _estimate(lab: Lab, values: Sequence[float] | np.ndarray) -> Estimate:
    return cluster_mean([[value] for value in values], seed_from(lab.seed, "transmission"))
