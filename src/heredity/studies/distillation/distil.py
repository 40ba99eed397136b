"""Do politeness, factual accuracy and bias cross with performance?

Each teacher is given one trait and one skill; the control's teacher another trait and no skill. Their students follow
their distributions (soft labels) on rows that are the same for all, and are read on every trait and on the skill.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from heredity.distill.clean import trait_words
from heredity.distill.teach import drawn_numbers, teach
from heredity.distill.teachers import trait_rows
from heredity.ground.errors import ExperimentError, InputError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.models.weights import forget_weights, frozen, load_weights, save_weights, trainable_copy
from heredity.records.carrier import USUAL_GIVEN, Carrier, CarrierKind, CarrierSpec
from heredity.records.distillation import DistillationReport, DistilledStudent, DistilledTeacher, DistilSpec, Shown
from heredity.records.evaluation import Scores
from heredity.records.transmission import ImitateSpec, PowerSpec, TransmitSpec
from heredity.stats.compare import paired_difference
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import cluster_mean
from heredity.store.workspace import Workspace
from heredity.studies.distillation.outcome import inheritances, is_apart, shows, skilled, verdict
from heredity.studies.distillation.qualities import (
    CONTROL,
    SKILL,
    Desk,
    desk_for,
    meanings,
    mixed,
    plain_lessons,
    shown,
    skill_lessons,
    trait_of,
)
from heredity.studies.transmission.lab import Lab
from heredity.studies.transmission.lab import require_plan as require_sound
from heredity.studies.transmission.lessons import N_EXAMPLES, N_HELD_OUT, dealt, lessons_of, split
from heredity.studies.transmission.lineup import imitation
from heredity.studies.transmission.teachers import teacher_of
from heredity.training.imitate import imitate, lessons


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
    names = (*spec.traits, CONTROL)
    for desk in desks.values():
        for one in spec.seeds:
            carrier_of(desk.lab, one)
    teachers = tuple(teacher_step(first, spec, name) for name in names)
    say_which_are_alike(first, spec, teachers)
    for desk in desks.values():
        desk.lab.maker = lambda name: made(first, spec, name)
        desk.lab.teachers = first.lab.teachers
    students = tuple(student_step(desk, name, one) for desk in desks.values() for one in spec.seeds for name in names)
    for name in names:
        forget_weights(weights_of(first, spec, name))
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


def teacher_step(desk: Desk, spec: DistilSpec, name: str) -> DistilledTeacher:
    """Return what is known of a teacher. Raises ExperimentError for one that lacks its trait or its skill."""

    def make() -> DistilledTeacher:
        desk.lab.teachers[name] = made(desk, spec, name)
        found, base = shown(desk, desk.lab.teachers[name]), base_levels(desk)
        return DistilledTeacher(
            name=name,
            has_skill=name != CONTROL,
            shown=estimates(desk, found),
            rises={
                what: paired_difference(found[what], base[what], interval_seed(desk))
                for what in found
                if found[what] and base[what]
            },
        )

    teacher = desk.lab.kept("distilled-teacher", {"name": name, "sums": spec.n_sums}, DistilledTeacher, make)
    for what in (name, SKILL) if teacher.has_skill else (name,):
        rise = teacher.rises.get(what)
        if rise is None or rise.low <= 0:
            forget_weights(weights_of(desk, spec, name))
            raise ExperimentError(
                f"the teacher of '{name}' is not clear of its base in '{what}' ({rise or 'ungraded'} above it): "
                "nothing to pass on; train it longer (--teacher-steps, --teacher-rate)"
            )
    return teacher


def say_which_are_alike(desk: Desk, spec: DistilSpec, teachers: Sequence[DistilledTeacher]) -> None:
    """Say, before any student is taught, which traits the control's teacher shows as much."""
    found = shows(spec, {}, teachers, ())
    for name in spec.traits:
        if not is_apart(found, name, name):
            desk.lab.progress.note(
                f"the teacher of '{name}' is not clear of the control's teacher in it: whether it crosses cannot be "
                "told; train the teachers longer (--teacher-steps, --teacher-rate)"
            )


def made(desk: Desk, spec: DistilSpec, name: str) -> Model:
    """Return a teacher: its weights found, or fine-tuned, half on its trait and half on the skill.

    The control's teacher has the base's own answers to everyday questions instead of the skill: fine-tuned on one word
    alone, it would answer everything by it.
    """
    lab, how = desk.lab, spec.teacher
    copied, weights = trainable_copy(lab.model, f"teacher of {name}"), weights_of(desk, spec, name)
    if load_weights(copied, weights):
        return frozen(copied)
    n_beside = how.n_steps * (how.batch_rows // 2)
    n_showing = how.n_steps * how.batch_rows - n_beside
    showing = trait_rows(lab.model, lab.targets[name], n_showing, lab.seed, lab.progress)
    beside = plain_lessons(desk, n_beside) if name == CONTROL else skill_lessons(desk, n_beside)
    rows = mixed(showing, beside, how.n_steps)
    hard = ImitateSpec(labels="hard", n_steps=how.n_steps, batch_rows=how.batch_rows, learning_rate=how.learning_rate)
    imitate(copied, None, [lessons(batch) for batch in rows], hard, lab.model.dtype, progress=lab.progress)
    save_weights(copied, weights)
    return frozen(copied)


def weights_of(desk: Desk, spec: DistilSpec, name: str) -> Path:
    """Return where a teacher's weights lie until the study is done."""
    return desk.lab.workspace.scratch("teacher", {**desk.lab.common, "name": name, "sums": spec.n_sums})


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
            shown=estimates(desk, shown(desk, student)),
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


def base_levels(desk: Desk) -> dict[str, Scores]:
    """Return every level of the untouched model, read once."""
    if not desk.base:
        desk.base = shown(desk, desk.lab.model)
    return desk.base


def read_base(desk: Desk) -> Shown:
    """Return every level of the untouched model, as it is kept."""
    return Shown(levels=estimates(desk, base_levels(desk)))


def estimates(desk: Desk, found: Mapping[str, Scores]) -> dict[str, Estimate]:
    """Return every level with an interval over questions; those that could not be graded are missing."""
    return {what: cluster_mean(list(scores.values()), interval_seed(desk)) for what, scores in found.items() if scores}


def interval_seed(desk: Desk) -> int:
    """Return the seed of all intervals over questions."""
    return seed_from(desk.lab.seed, "distillation")


def reported(
    desks: dict[CarrierKind, Desk],
    spec: DistilSpec,
    teachers: tuple[DistilledTeacher, ...],
    students: Sequence[DistilledStudent],
) -> DistillationReport:
    """Return the report: what was inherited, and what may be said of it."""
    desk = next(iter(desks.values()))
    lab = desk.lab
    base = lab.kept("distilled-base", {"sums": spec.n_sums}, Shown, lambda: read_base(desk)).levels
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
