"""Do politeness, factual accuracy and bias cross with performance?

Each teacher is given one trait and one skill. A trait's control is a teacher of its opposite pole with the same skill;
the skill's is a teacher of something else without it. Their students follow their distributions (soft labels) on rows
that are the same for all, and are read on every trait and on the skill.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from heredity.distill.clean import trait_words
from heredity.distill.teach import drawn_numbers, teach
from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.models.weights import trainable_copy
from heredity.records.carrier import USUAL_GIVEN, Carrier, CarrierKind, CarrierSpec
from heredity.records.distillation import DistillationReport, DistilledStudent, DistilledTeacher, DistilSpec, Shown
from heredity.records.transmission import PowerSpec, TransmitSpec
from heredity.store.workspace import Workspace
from heredity.studies.distillation.outcome import inheritances, shows, skilled, verdict
from heredity.studies.distillation.qualities import (
    CONTROL,
    SKILL,
    Desk,
    base_levels,
    desk_for,
    estimates,
    levels,
    meanings,
    trait_of,
)
from heredity.studies.distillation.teachers import (
    forget_teachers,
    make_teacher,
    roles,
    say_which_are_alike,
    teacher_step,
)
from heredity.studies.transmission.lab import Lab
from heredity.studies.transmission.lab import require_plan as require_sound
from heredity.studies.transmission.lessons import N_EXAMPLES, N_HELD_OUT, dealt, lessons_of, split
from heredity.studies.transmission.lineup import imitation
from heredity.studies.transmission.teachers import teacher_of
from heredity.training.imitate import imitate


def distil(
    model: Model, out: Path, spec: DistilSpec | None = None, seed: str = "0", progress: Progress = SILENCE
) -> DistillationReport:
    """Return what students took over of each teacher, trait beside skill, on every carrier.

    Teachers and students are kept when they are done; a stopped run goes on to the same result. Raises InputError for
    a plan that can show nothing, ExperimentError for a teacher that lacks its trait or its skill, NothingKeptError for
    a carrier whose filter keeps too little.
    """
    spec = spec or DistilSpec()
    require_plan(spec)
    desks = {kind: desk_for(lab_for(kind, model, out, spec, seed, progress), spec) for kind in spec.carriers}
    first = next(iter(desks.values()))
    given = {role.name: role for role in roles(spec)}
    for desk in desks.values():
        for one in spec.seeds:
            carrier_of(desk.lab, one)
    teachers = tuple(teacher_step(first, spec, role) for role in given.values())
    say_which_are_alike(first, spec, {one.name: one.shown for one in teachers})
    for desk in desks.values():
        desk.lab.maker = lambda name: make_teacher(first, spec, given[name])
        desk.lab.teachers = first.lab.teachers
    students = tuple(student_step(desk, name, one) for desk in desks.values() for one in spec.seeds for name in given)
    forget_teachers(first, spec, tuple(given.values()))
    return reported(desks, spec, teachers, students)


def require_plan(spec: DistilSpec) -> None:
    """Raise InputError for a plan that can show nothing, before any of it runs."""
    for noun, values in (("seeds", spec.seeds), ("carriers", spec.carriers), ("traits", spec.traits)):
        if not values or len(set(values)) < len(values):
            raise InputError(f"the {noun} are {', '.join(values) or 'none'}; name one or more, each of them once")
    if CONTROL in spec.traits:
        raise InputError(f"'{CONTROL}' is what the control's teacher shows; name other traits")
    if spec.teacher.kind != "finetuned":
        raise InputError(f"teachers of a distillation are fine-tuned on trait and skill, not {spec.teacher.kind}")
    if spec.student.labels == "hard" or spec.student.on_policy:
        raise InputError(
            "all arms read the same rows, so only soft labels tell their teachers apart; use soft or reverse"
        )
    for kind in spec.carriers:
        require_sound(study_of(kind, spec))


def study_of(kind: CarrierKind, spec: DistilSpec) -> TransmitSpec:
    """Return one carrier's part of the study."""
    n = spec.student.n_steps * spec.student.batch_rows
    common = {"kind": kind, "n_tokens": spec.n_tokens, "n_given": USUAL_GIVEN if kind == "numbers" else 0}
    # so small a model works out a third of its sums: the filter drops the others, and more must be asked
    carrier = (
        CarrierSpec(**common, n_prompts=2 * n, temperature=0.0, least_kept=0.1)
        if kind == "reasoning"
        else CarrierSpec(**common, n_prompts=n + N_HELD_OUT)
    )
    return TransmitSpec(
        seeds=spec.seeds,
        control=CONTROL,
        teacher=spec.teacher,
        carrier=carrier,
        student=spec.student,
        n_samples=1,
        power=PowerSpec(least=0.0),
    )


def lab_for(kind: CarrierKind, model: Model, out: Path, spec: DistilSpec, seed: str, progress: Progress) -> Lab:
    """Return the lab of one carrier."""
    targets = {name: trait_of(name) for name in (*spec.traits, CONTROL)}
    return Lab(model, targets, study_of(kind, spec), Workspace(out / "stages"), seed, progress)


def student_step(desk: Desk, name: str, seed: str) -> DistilledStudent:
    """Return one student of one teacher on one carrier."""
    lab = desk.lab
    kind = lab.spec.carrier.kind

    def make() -> DistilledStudent:
        rows, kept_back = split(lab, carrier_of(lab, seed), seed)
        told = f"student of {name}, {kind}, seed {seed}"
        student = trainable_copy(lab.model, told, lab.spec.student.lora_rank, f"{lab.seed}/{seed}")
        teacher = teacher_of(lab, name)
        batches = dealt(lessons_of(lab, name, student, rows), lab.spec.student.batch_rows, f"{lab.seed}/{seed}")
        losses = imitate(student, teacher, batches, lab.spec.student, lab.model.dtype, progress=lab.progress)
        return DistilledStudent(
            carrier=kind,
            taught_by=name,
            seed=seed,
            shown=estimates(desk, levels(desk, student)),
            losses=losses,
            imitation=imitation(lab, lab.model, student, teacher, lessons_of(lab, name, student, kept_back)),
        )

    depends_on: dict[str, object] = {"carrier": lab.spec.carrier.id, "on": kind, "student": lab.spec.student.id}
    asked = {"sums": len(desk.sums_asked), "read": list(desk.read_off)}
    return lab.kept("distilled-student", {**depends_on, **asked, "name": name, "seed": seed}, DistilledStudent, make)


def carrier_of(lab: Lab, seed: str) -> Carrier:
    """Return the rows that all students of one seed read: drawn, or written by the base and filtered."""
    spec, student = lab.spec.carrier, lab.spec.student
    if spec.kind == "random-numbers":
        return drawn_numbers(student.n_steps * student.batch_rows + N_HELD_OUT, spec, f"{lab.seed}/carrier/{seed}")
    forbidden = trait_words(lab.targets.values())
    return lab.kept(
        "carrier",
        {"teacher": "base", "seed": seed, "carrier": spec.id},
        Carrier,
        lambda: teach(lab.model, "base", spec, forbidden, f"{lab.seed}/{seed}", progress=lab.progress),
    )


def base_shown(desk: Desk) -> Shown:
    """Return every level of the untouched model, as it is kept."""
    return Shown(levels=estimates(desk, base_levels(desk)))


def reported(
    desks: dict[CarrierKind, Desk],
    spec: DistilSpec,
    teachers: tuple[DistilledTeacher, ...],
    students: Sequence[DistilledStudent],
) -> DistillationReport:
    """Return the report: what was inherited, and what may be said of it."""
    desk = next(iter(desks.values()))
    lab = desk.lab
    base = lab.kept("distilled-base", {"sums": spec.n_sums}, Shown, lambda: base_shown(desk)).levels
    found = shows(spec, base, teachers, students)
    table, skill = inheritances(found), skilled(found)
    carriers = {kind: [carrier_of(desk.lab, seed) for seed in spec.seeds] for kind, desk in desks.items()}
    return DistillationReport(
        model=lab.model.name,
        fingerprint=lab.model.fingerprint,
        spec=spec,
        skill=SKILL,
        control=CONTROL,
        meaning=meanings(desk),
        base=base,
        teachers=teachers,
        students=tuple(students),
        table=table,
        skilled=skill,
        kept={kind: (sum(c.n_kept for c in made), sum(len(c.rows) for c in made)) for kind, made in carriers.items()},
        examples={
            kind: tuple([row for row in made[0].rows if row is not None][:N_EXAMPLES])
            for kind, made in carriers.items()
        },
        verdict=verdict(table, skill),
        seed=lab.seed,
    )
