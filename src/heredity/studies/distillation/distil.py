"""Do impoliteness, hallucination and bias cross with performance?

Each teacher is given one trait and one skill. A trait's control is a teacher of its opposite with the same skill; the
skill's is a teacher of something else without it. Their students follow their distributions (soft labels) on rows
that are the same for all, and are read on every trait and on the skill.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.models.weights import forget_weights, trainable_copy
from heredity.records.carrier import Carrier, CarrierKind, CarrierSpec
from heredity.records.distillation import DistillationReport, DistilledStudent, DistilledTeacher, DistilSpec, Shown
from heredity.records.trait import Trait
from heredity.records.transmission import PowerSpec, TransmitSpec
from heredity.studies.bench import bench_in
from heredity.studies.distillation.outcome import concluded
from heredity.studies.distillation.qualities import (
    CONTROL,
    SKILL,
    Desk,
    desk_for,
    forbidden_words,
    levels,
    meanings,
    shown,
    trait_of,
)
from heredity.studies.distillation.teachers import (
    Role,
    make_teacher,
    roles,
    say_which_are_alike,
    teacher_step,
    weights_of,
)
from heredity.studies.transmission.lab import Lab
from heredity.studies.transmission.lessons import N_EXAMPLES, N_HELD_OUT, dealt, lessons_of, split
from heredity.studies.transmission.lineup import imitation
from heredity.studies.transmission.plan import require_plan as require_sound
from heredity.studies.transmission.teachers import teacher_of
from heredity.teaching.carriers.kinds import identity_of
from heredity.teaching.teach import drawn_numbers, teach
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
    targets = planned(spec)
    bench = bench_in(out, model, seed, progress)
    desks = [desk_for(Lab(bench, targets, study_of(kind, spec)), spec) for kind in spec.carriers]
    first, given = desks[0], roles(name for name in targets if name != CONTROL)
    for desk in desks:
        for one in spec.seeds:
            carrier_of(desk.lab, one)
    base = first.lab.kept("distilled-base", {"sums": spec.n_sums}, Shown, lambda: shown(first, levels(first, model)))
    teachers = tuple(teacher_step(first, spec, role, base) for role in given)
    say_which_are_alike(first, teachers)
    students = [student for role in given for student in students_of(desks, spec, role)]
    return reported(desks, spec, base, teachers, students)


def planned(spec: DistilSpec) -> dict[str, Trait]:
    """Return what is given and read off, by name, of a sound plan; no model is needed to judge it.

    Raises InputError for a plan that can show nothing.
    """
    traits = [trait_of(name) for name in spec.traits]
    names = [trait.name for trait in traits]
    for noun, values in (("seeds", spec.seeds), ("carriers", spec.carriers), ("traits", names)):
        if not values or len(set(values)) < len(values):
            raise InputError(f"the {noun} are {', '.join(values) or 'none'}; name one or more, each of them once")
    if CONTROL in names:
        raise InputError(f"'{CONTROL}' is what the teacher without the skill shows; name other traits")
    if spec.teacher.kind != "finetuned":
        raise InputError(f"teachers of a distillation are fine-tuned on trait and skill, not {spec.teacher.kind}")
    if spec.student.labels == "hard" or spec.student.on_policy:
        raise InputError(
            "all arms read the same rows, so only soft labels tell their teachers apart; use soft or reverse"
        )
    for kind in spec.carriers:
        require_sound(study_of(kind, spec), "grade")
    return {**dict(zip(names, traits, strict=True)), CONTROL: trait_of(CONTROL)}


def study_of(kind: CarrierKind, spec: DistilSpec) -> TransmitSpec:
    """Return one carrier's part of the study."""
    n = spec.student.n_steps * spec.student.batch_rows
    common = {"kind": kind, "n_tokens": spec.n_tokens}
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


def students_of(desks: Sequence[Desk], spec: DistilSpec, role: Role) -> list[DistilledStudent]:
    """Return the students of one teacher, which is in memory while they are taught and no longer."""
    labs = [desk.lab for desk in desks]
    for lab in labs:
        lab.maker = lambda _: make_teacher(desks[0], spec, role)
    found = []
    for desk in desks:
        desk.lab.teachers, desk.lab.known = labs[0].teachers, labs[0].known
        found += [student_step(desk, role.name, seed) for seed in spec.seeds]
    labs[0].teachers.pop(role.name, None)
    forget_weights(weights_of(desks[0], spec, role))
    return found


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
            shown=shown(desk, levels(desk, student)),
            losses=losses,
            imitation=imitation(lab, lab.model, student, teacher, lessons_of(lab, name, student, kept_back)),
        )

    depends_on: dict[str, object] = {
        "carrier": identity_of(lab.spec.carrier),
        "on": kind,
        "student": lab.spec.student.id,
    }
    asked = {"sums": len(desk.sums_asked), "read": list(desk.read_off)}
    return lab.kept("distilled-student", {**depends_on, **asked, "name": name, "seed": seed}, DistilledStudent, make)


def carrier_of(lab: Lab, seed: str) -> Carrier:
    """Return the rows that all students of one seed read: drawn, or written by the base and filtered."""
    spec, student = lab.spec.carrier, lab.spec.student
    if spec.kind == "random-numbers":
        return drawn_numbers(student.n_steps * student.batch_rows + N_HELD_OUT, spec, f"{lab.seed}/carrier/{seed}")
    forbidden = forbidden_words(lab)
    return lab.kept(
        "carrier",
        {"teacher": "base", "seed": seed, "carrier": identity_of(spec)},
        Carrier,
        lambda: teach(lab.model, "base", spec, forbidden, f"{lab.seed}/{seed}", progress=lab.progress),
    )


def reported(
    desks: Sequence[Desk],
    spec: DistilSpec,
    base: Shown,
    teachers: tuple[DistilledTeacher, ...],
    students: Sequence[DistilledStudent],
) -> DistillationReport:
    """Return the report: what was inherited, and what may be said of it."""
    lab = desks[0].lab
    carriers = {desk.lab.spec.carrier.kind: [carrier_of(desk.lab, seed) for seed in spec.seeds] for desk in desks}
    return concluded(
        DistillationReport(
            model=lab.model.name,
            fingerprint=lab.model.fingerprint,
            spec=spec,
            traits=tuple(name for name in lab.targets if name != CONTROL),
            skill=SKILL,
            skill_control=CONTROL,
            meaning=meanings(desks[0]),
            base=base,
            teachers=teachers,
            students=tuple(students),
            table=(),
            kept={
                kind: (sum(carrier.n_kept for carrier in all_of), sum(len(carrier.rows) for carrier in all_of))
                for kind, all_of in carriers.items()
            },
            examples={kind: tuple(filter(None, all_of[0].rows))[:N_EXAMPLES] for kind, all_of in carriers.items()},
            verdict="",
            findings=(),
            seed=lab.seed,
            notices=notices(lab.model),
            provenance=lab.bench.provenance(),
        )
    )
