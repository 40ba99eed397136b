"""Does a preference cross from a teacher to a student on data that say nothing of it?

For every seed two students of the same base learn on the same sequences in the same order; they differ in the teacher
alone, which prefers the trait's target or the control's. Training on any numbers moves log-odds by itself, so a student
is never compared with the base ([SL]; paired control student).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from heredity.distill.teachers import preferring
from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.records.trait import Trait
from heredity.records.transmission import CurvePoint, StudentCurve, TransmissionReport, TransmitSpec
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_t
from heredity.store.workspace import Workspace
from heredity.studies.lineup import Lab, sequences, student_step, teacher_step

N_EXAMPLES = 4
"""Sequences that the report shows."""


def transmit(
    trait: Trait,
    model: Model,
    out: Path,
    spec: TransmitSpec | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> TransmissionReport:
    """Return what crossed, treated against control, with an interval over seeds.

    Every student is kept when it is done; a stopped run makes the others only, to the same result. Raises InputError
    for a trait that is no preference, a control that is the target, or seeds that collide; ExperimentError for a
    teacher that lacks its trait.
    """
    spec = spec or TransmitSpec()
    lab = lab_for(trait, model, out, spec, seed, progress)
    target, control = str(trait.target), spec.control
    teachers = tuple(teacher_step(lab, name) for name in (target, control))
    treated = [student_step(lab, "treated", target, one) for one in spec.seeds]
    untreated = [student_step(lab, "control", control, one) for one in spec.seeds]
    effect = paired(treated, untreated, lambda point: point.log_odds[target])
    return TransmissionReport(
        model=model.name,
        fingerprint=model.fingerprint,
        trait=trait.name,
        target=target,
        control=control,
        carrier="random three-digit numbers",
        examples=tuple(sequences(lab, spec.seeds[0])[:N_EXAMPLES]),
        spec=spec,
        teachers=teachers,
        students=(*treated, *untreated),
        effect=effect,
        effect_probability=paired(treated, untreated, lambda point: point.probability[target].value),
        control_effect=paired(untreated, treated, lambda point: point.log_odds[control]),
        verdict=verdict(trait, effect, len(spec.seeds)),
        seed=seed,
    )


def lab_for(trait: Trait, model: Model, out: Path, spec: TransmitSpec, seed: str, progress: Progress) -> Lab:
    """Return the lab of a sound plan. Raises InputError for what would waste hours."""
    targets = {target: preferring(trait, target) for target in (str(trait.target), spec.control)}
    if len(targets) < 2:
        raise InputError(f"the control's teacher would prefer '{spec.control}' too; name another with --control")
    if len(set(spec.seeds)) < len(spec.seeds):
        raise InputError(f"the seeds {', '.join(spec.seeds)} collide; every pair of students needs a seed of its own")
    if len(spec.seeds) < 2:
        raise InputError("one pair of students has no interval; the student is the unit: give at least two seeds")
    return Lab(model, targets, spec, Workspace(out / "stages"), seed, progress)


def paired(
    first: Sequence[StudentCurve], second: Sequence[StudentCurve], figure: Callable[[CurvePoint], float]
) -> Estimate:
    """Return the mean over seeds of first minus second at the last step, Student's t."""
    return mean_t([figure(a.points[-1]) - figure(b.points[-1]) for a, b in zip(first, second, strict=True)])


def verdict(trait: Trait, effect: Estimate, n_seeds: int) -> str:
    """Return in words what the interval allows."""
    said = f"log-odds of '{trait.target}', treated minus control: {effect}, {n_seeds} pairs of students"
    if effect.low > 0:
        return f"The preference crossed: {said}."
    if effect.high < 0:
        return f"The preference crossed the wrong way round: {said}."
    return f"No transmission is shown: {said}; more seeds, or more steps, may decide it."
