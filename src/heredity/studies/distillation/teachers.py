"""Teachers of a distillation: each is given one pole of a trait and the skill; the skill's control has no skill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from heredity.distill.teachers import trait_rows
from heredity.ground.errors import ExperimentError
from heredity.models.model import Model
from heredity.models.weights import forget_weights, frozen, load_weights, save_weights, trainable_copy
from heredity.records.distillation import DistilledTeacher, DistilSpec
from heredity.records.trait import Pole
from heredity.records.transmission import ImitateSpec
from heredity.stats.compare import paired_difference
from heredity.stats.estimate import Estimate
from heredity.studies.distillation.outcome import is_apart, opposite
from heredity.studies.distillation.qualities import (
    CONTROL,
    SKILL,
    Desk,
    base_levels,
    estimates,
    interval_seed,
    levels,
    mixed,
    plain_lessons,
    skill_lessons,
)
from heredity.training.imitate import imitate, lessons


@dataclass(frozen=True)
class Role:
    """What one teacher is given."""

    name: str
    trait: str
    pole: Pole
    has_skill: bool


def roles(spec: DistilSpec) -> tuple[Role, ...]:
    """Return every teacher: of the traits, of their opposite poles, and the skill's control."""
    return (
        *(Role(trait, trait, "positive", has_skill=True) for trait in spec.traits),
        *(Role(opposite(trait), trait, "negative", has_skill=True) for trait in spec.traits),
        Role(CONTROL, CONTROL, "positive", has_skill=False),
    )


def teacher_step(desk: Desk, spec: DistilSpec, role: Role) -> DistilledTeacher:
    """Return what is known of a teacher. Raises ExperimentError for one that lacks its trait or its skill."""

    def make() -> DistilledTeacher:
        desk.lab.teachers[role.name] = make_teacher(desk, spec, role)
        found, base = levels(desk, desk.lab.teachers[role.name]), base_levels(desk)
        return DistilledTeacher(
            name=role.name,
            trait=role.trait,
            pole=role.pole,
            has_skill=role.has_skill,
            shown=estimates(desk, found),
            rises={
                what: paired_difference(found[what], base[what], interval_seed(desk))
                for what in found
                if found[what] and base[what]
            },
        )

    depends_on: dict[str, object] = {"name": role.name, "pole": role.pole, "sums": spec.n_sums}
    teacher = desk.lab.kept("distilled-teacher", depends_on, DistilledTeacher, make)
    for what in must_rise(role):
        rise = teacher.rises.get(what)
        if rise is None or rise.low <= 0:
            forget_weights(weights_of(desk, spec, role))
            raise ExperimentError(
                f"the teacher of '{role.name}' is not clear of its base in '{what}' ({rise or 'ungraded'} above it): "
                "nothing to pass on; train it longer (--teacher-steps, --teacher-rate)"
            )
    return teacher


def must_rise(role: Role) -> tuple[str, ...]:
    """Return what a teacher must show more of than the base; a pole's opposite may be where the base is already."""
    trait = (role.trait,) if role.pole == "positive" else ()
    return (*trait, SKILL) if role.has_skill else trait


def say_which_are_alike(desk: Desk, spec: DistilSpec, teachers: Mapping[str, Mapping[str, Estimate]]) -> None:
    """Say, before any student is taught, of which traits both poles' teachers show as much."""
    for name in spec.traits:
        if not is_apart(teachers, (name, opposite(name)), name):
            desk.lab.progress.note(
                f"the teacher of '{name}' is not clear of its opposite's in it: whether it crosses cannot be told; "
                "train the teachers longer (--teacher-steps, --teacher-rate)"
            )


def make_teacher(desk: Desk, spec: DistilSpec, role: Role) -> Model:
    """Return a teacher: its weights found, or fine-tuned, half on its trait and half on the skill.

    The skill's control has the base's own answers to everyday questions instead: fine-tuned on one word alone, it would
    answer everything by it.
    """
    lab, how = desk.lab, spec.teacher
    copied, weights = trainable_copy(lab.model, f"teacher of {role.name}"), weights_of(desk, spec, role)
    if load_weights(copied, weights):
        return frozen(copied)
    n_beside = how.n_steps * (how.batch_rows // 2)
    n_showing = how.n_steps * how.batch_rows - n_beside
    showing = trait_rows(lab.model, lab.targets[role.trait], n_showing, lab.seed, lab.progress, role.pole)
    beside = skill_lessons(desk, n_beside) if role.has_skill else plain_lessons(desk, n_beside)
    rows = mixed(showing, beside, how.n_steps)
    hard = ImitateSpec(labels="hard", n_steps=how.n_steps, batch_rows=how.batch_rows, learning_rate=how.learning_rate)
    imitate(copied, None, [lessons(batch) for batch in rows], hard, lab.model.dtype, progress=lab.progress)
    save_weights(copied, weights)
    return frozen(copied)


def weights_of(desk: Desk, spec: DistilSpec, role: Role) -> Path:
    """Return where a teacher's weights lie until the study is done."""
    return desk.lab.workspace.scratch("teacher", {**desk.lab.common, "name": role.name, "sums": spec.n_sums})


def forget_teachers(desk: Desk, spec: DistilSpec, given: Sequence[Role]) -> None:
    """Remove the weights of all teachers."""
    for role in given:
        forget_weights(weights_of(desk, spec, role))
