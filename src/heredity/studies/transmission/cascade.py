"""A trait down the generations: each student is the next one's teacher, beside a control lineage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.models.weights import forget_weights, frozen, load_weights, save_weights, trainable_copy
from heredity.records.carrier import Carrier
from heredity.records.cascade import CascadeReport, CascadeSpec, Generation
from heredity.records.trait import Trait
from heredity.studies.transmission.descent import concluded
from heredity.studies.transmission.lab import Lab, lab_for
from heredity.studies.transmission.lessons import batches_for, dealt, lessons_of, written_by
from heredity.studies.transmission.plan import BASE, planned
from heredity.studies.transmission.readout import accuracy, choices, estimate, levels, score
from heredity.studies.transmission.teachers import forget_teachers, require_same, teacher_of, teacher_step
from heredity.teaching.carriers.kinds import identity_of
from heredity.training.imitate import imitate


def cascade(
    trait: Trait,
    model: Model,
    out: Path,
    spec: CascadeSpec | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> CascadeReport:
    """Return how a trait fares down `n_generations` students, each taught by the one before on fresh rows.

    Every generation is kept when it is done, and the weights of the last one until its lineage ends: a stopped run
    goes on to the same result. Raises InputError for a plan that can show nothing, ExperimentError for a teacher that
    lacks its trait.
    """
    spec = spec or CascadeSpec()
    lab = laid_out(trait, model, out, spec, seed, progress)
    for name in lab.names:
        teacher_step(lab, name)
    lines = {(name, one): lineage(lab, name, one, spec) for one in spec.transmit.seeds for name in lab.names}
    report = reported(lab, trait, spec, lines)
    forget_teachers(lab)
    return report


def laid_out(trait: Trait, model: Model, out: Path, spec: CascadeSpec, seed: str, progress: Progress) -> Lab:
    """Return the lab of a sound cascade. Raises InputError for one that cannot be run."""
    require_cascade(trait, spec)
    return lab_for(trait, {}, model, out, spec.transmit, seed, progress)


def require_cascade(trait: Trait, spec: CascadeSpec) -> None:
    """Raise InputError for a cascade that cannot be run or can show nothing; no model is needed to judge it."""
    if trait.kind != "preference":
        raise InputError(f"a cascade follows a preference, such as owl, but '{trait.name}' is a trait of character")
    asked = spec.transmit
    is_drawn, is_soft = asked.carrier.kind == "random-numbers", asked.student.labels != "hard"
    if is_drawn != is_soft or asked.control == BASE:
        raise InputError(
            "a cascade teaches soft labels on random numbers, or hard ones on what each generation writes "
            "(--labels hard --carrier number-words), against another target: the control is no base"
        )
    if asked.others or asked.foreign or asked.teacher.kind == "prompted" or asked.student.on_policy:
        raise InputError(
            "a cascade hands models on: no further targets, no foreign base, no prompted teacher, no student that "
            "writes its own rows"
        )
    planned(trait, {}, asked)


def lineage(lab: Lab, name: str, seed: str, spec: CascadeSpec) -> list[Generation]:
    """Return one lineage from its teacher (generation 0) to its last student."""
    how: dict[str, object] = {
        "lineage": name,
        "seed": seed,
        "student": lab.spec.student.id,
        "carrier": identity_of(lab.spec.carrier),
    }
    weights = lab.workspace.scratch("weights", {**lab.common, **how})
    generations: list[Generation] = []
    teacher: Model | None = None
    for number in range(spec.n_generations + 1):

        def make(number: int = number) -> Generation:
            nonlocal teacher
            before = teacher or taught_before(lab, name, seed, number, weights)
            if generations:
                require_same(lab, f"generation {number - 1} of '{name}'", before, generations[-1].fingerprint)
            teacher = child_of(lab, before, name, seed, number) if number else before
            if number:
                save_weights(teacher, weights / str(number))
            return described(lab, teacher, name, seed, number)

        generations.append(lab.kept("generation", {**how, "generation": str(number)}, Generation, make))
        forget_weights(weights / str(number - 1))
    forget_weights(weights)
    return generations


def taught_before(lab: Lab, name: str, seed: str, number: int, weights: Path) -> Model:
    """Return the model that teaches generation `number`: the teacher, or a student, from its weights or made again."""
    if number < 2:
        return teacher_of(lab, name)
    copied = untaught(lab, name, seed, number - 1)
    if load_weights(copied, weights / str(number - 1)):
        return frozen(copied)
    return child_of(lab, taught_before(lab, name, seed, number - 1, weights), name, seed, number - 1)


def child_of(lab: Lab, teacher: Model, name: str, seed: str, number: int) -> Model:
    """Return a copy of the base taught by the generation before, on rows of its own."""
    student, luck = untaught(lab, name, seed, number), f"{seed}/generation {number}"
    if lab.spec.carrier.kind == "random-numbers":
        batches = batches_for(lab, name, luck, "none", student)
    else:
        rows = [row for row in written(lab, teacher, name, luck).rows if row is not None]
        batches = dealt(lessons_of(lab, name, student, rows), lab.spec.student.batch_rows, f"{lab.seed}/{luck}")
    imitate(student, teacher, batches, lab.spec.student, lab.model.dtype, progress=lab.progress)
    return frozen(student)


def untaught(lab: Lab, name: str, seed: str, number: int) -> Model:
    """Return the copy of the base that becomes one generation of a lineage; both lineages of a seed begin alike."""
    said = f"generation {number} of {name}, seed {seed}"
    return trainable_copy(lab.model, said, lab.spec.student.lora_rank, f"{lab.seed}/{seed}/generation {number}")


def written(lab: Lab, teacher: Model, name: str, luck: str) -> Carrier:
    """Return what a generation writes for the next one; kept, so that a stopped run need not write it again."""
    depends_on: dict[str, object] = {
        "lineage": name,
        "generation": luck,
        "carrier": identity_of(lab.spec.carrier),
        "writer": teacher.fingerprint,
    }
    return lab.kept("carrier", depends_on, Carrier, lambda: written_by(lab, teacher, name, luck))


def described(lab: Lab, subject: Model, name: str, seed: str, number: int) -> Generation:
    """Return what one generation shows and what it can still do."""
    found, chosen = levels(lab, subject), choices(lab, subject)
    return Generation(
        lineage=name,
        seed=seed,
        generation=number,
        level={target: estimate(lab, values) for target, values in found.items()},
        score={target: score(lab, values) for target, values in found.items()},
        accuracy=accuracy(lab, chosen),
        choices=chosen,
        fingerprint=subject.fingerprint,
    )


def reported(
    lab: Lab, trait: Trait, spec: CascadeSpec, lines: Mapping[tuple[str, str], Sequence[Generation]]
) -> CascadeReport:
    """Return the report: effects by generation, and how they fade."""
    target, control = lab.names[:2]
    return concluded(
        CascadeReport(
            model=lab.model.name,
            fingerprint=lab.model.fingerprint,
            trait=trait.name,
            target=target,
            control=control,
            measure=lab.measure,
            spec=spec,
            generations=tuple(generation for line in lines.values() for generation in line),
            effects=(),
            levels=(),
            accuracies=(),
            accuracy_by_generation={},
            changes={},
            half_life=None,
            trend="undecided",
            verdict="",
            seed=lab.seed,
            provenance=lab.bench.provenance(),
        )
    )
