"""Does a trait cross from a teacher to a student on data that say nothing of it?

For every seed, students of the same base learn on the same prompts in the same order; they differ in the teacher alone,
which shows the trait or the control's. Training on any data moves log-odds by itself, so a student is never compared
with the base ([SL]; paired control student).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.records.base import Record
from heredity.records.curves import ArmKind, StudentCurve, Teacher
from heredity.records.signal import Signal
from heredity.records.trait import Trait
from heredity.records.transmission import CarrierSummary, Remedied, Remedy, TransmissionReport, TransmitSpec
from heredity.records.vector import TraitVector
from heredity.studies.transmission.conclusions import concluded
from heredity.studies.transmission.contrasts import aligned
from heredity.studies.transmission.controls import controls
from heredity.studies.transmission.lab import Lab, lab_for, require_foreign
from heredity.studies.transmission.lessons import summary, writers
from heredity.studies.transmission.lineup import Plan, student_step
from heredity.studies.transmission.plan import BASE, require_vectors
from heredity.studies.transmission.readout import accuracy, choices
from heredity.studies.transmission.signal import signal_step
from heredity.studies.transmission.teachers import forget_teachers, teacher_step


@dataclass(frozen=True)
class Given:
    """What a study may be given besides its spec."""

    traits: Mapping[str, Trait] = field(default_factory=dict)
    """Character traits that controls name, by name."""
    vectors: Mapping[str, TraitVector] = field(default_factory=dict)
    """By target, for steered teachers."""
    foreign: Model | None = None
    """A model of another base, whose students run as a control."""


def transmit(
    trait: Trait,
    model: Model,
    out: Path,
    spec: TransmitSpec | None = None,
    given: Given | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> TransmissionReport:
    """Return what crossed, treated against control, with an interval over seeds.

    Every student is kept when it is done; a stopped run makes the others only, to the same result. Raises InputError
    for a plan that can show nothing, MismatchError for soft labels across tokenizers, ExperimentError for a teacher
    that lacks its trait or writes as the control's does, NothingKeptError for a carrier whose filter keeps too little.
    """
    lab = prepared(trait, model, out, spec or TransmitSpec(), given or Given(), seed, progress)
    teachers = tuple(teacher_step(lab, name) for name in lab.names if name != BASE)
    written = tuple(summary(lab, name) for name in writers(lab))
    signal = signal_step(lab)
    if signal:
        progress.note(str(signal))
    students = {name: students_of(lab, name) for name in lab.names}
    report = reported(lab, trait, teachers, written, aligned(students, teachers), signal)
    forget_teachers(lab)
    return report


def prepared(
    trait: Trait, model: Model, out: Path, spec: TransmitSpec, given: Given, seed: str, progress: Progress
) -> Lab:
    """Return the lab, once everything that can be known before hours are spent has been looked at."""
    lab = lab_for(trait, given.traits, model, out, spec, seed, progress)
    lab.vectors = given.vectors
    require_vectors(spec, lab.targets, lab.vectors)
    for vector in lab.vectors.values():
        vector.require_model(model.name, model.fingerprint)
    if given.foreign is not None:
        require_foreign(lab, given.foreign)
        lab.foreign = given.foreign
    return lab


def students_of(lab: Lab, name: str) -> list[StudentCurve]:
    """Return one teacher's students, seed by seed."""
    arm: ArmKind = "treated" if name == lab.names[0] else "control"
    return [student_step(lab, Plan(arm, name, seed)) for seed in lab.spec.seeds]


def remedied(lab: Lab, remedy: Remedy) -> Remedied:
    """Return the students of treated rows: the target's teacher's and the control's, seed by seed."""
    target, control, *_ = lab.names
    return Remedied(
        remedy=remedy,
        treated=tuple(student_step(lab, Plan("treated", target, seed, remedy)) for seed in lab.spec.seeds),
        control=tuple(student_step(lab, Plan("control", control, seed, remedy)) for seed in lab.spec.seeds),
    )


def reported(
    lab: Lab,
    trait: Trait,
    teachers: tuple[Teacher, ...],
    written: tuple[CarrierSummary, ...],
    students: Mapping[str, Sequence[StudentCurve]],
    signal: Signal | None,
) -> TransmissionReport:
    """Return the report: controls are run here; effects, the matrix and what may be said follow."""
    target, control, *_ = lab.names
    treated = tuple(remedied(lab, remedy) for remedy in lab.spec.remedies)
    further, ran = controls(lab)
    right = lab.kept("accuracy", {}, BaseChoices, lambda: BaseChoices(choices=choices(lab, lab.model))).choices
    return concluded(
        TransmissionReport(
            model=lab.model.name,
            fingerprint=lab.model.fingerprint,
            trait=trait.name,
            target=target,
            control=control,
            measure=lab.measure,
            spec=lab.spec,
            teachers=teachers,
            base_accuracy=accuracy(lab, right),
            base_choices=right,
            carriers=written,
            signal=signal,
            students=(*(curve for curves in students.values() for curve in curves), *further),
            accuracies={},
            pairs=(),
            pair_spread=None,
            effect=None,
            effect_level=None,
            matrix=(),
            controls=tuple(ran),
            remedies=treated,
            verdict="",
            power=None,
            seed=lab.seed,
            provenance=lab.bench.provenance(),
            notices=notices(lab.model),
        )
    )


class BaseChoices(Record):
    """What the untouched model gets right, by four-choice question."""

    choices: dict[str, float]
