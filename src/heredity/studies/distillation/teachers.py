"""Teachers of a distillation: each is given a trait or its opposite, and the skill; one control has no skill."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from heredity.ground.errors import ExperimentError
from heredity.models.model import Model
from heredity.models.weights import forget_weights, frozen, load_weights, save_weights, trainable_copy
from heredity.records.distillation import DistilledTeacher, DistilSpec, Shown
from heredity.records.trait import Pole
from heredity.records.transmission import ImitateSpec
from heredity.studies.distillation.outcome import apart, by_name
from heredity.studies.distillation.qualities import (
    CONTROL,
    SKILL,
    Desk,
    interval_seed,
    levels,
    mixed,
    opposite,
    plain_lessons,
    shown,
    skill_lessons,
)
from heredity.teaching.teachers import trait_rows
from heredity.training.imitate import imitate, lessons


@dataclass(frozen=True)
class Role:
    """What one teacher is given."""

    name: str
    trait: str
    pole: Pole
    has_skill: bool


def roles(traits: Iterable[str]) -> tuple[Role, ...]:
    """Return every teacher: of each trait and of its opposite, and the skill's control."""
    return (
        *(
            role
            for trait in traits
            for role in (
                Role(trait, trait, "positive", has_skill=True),
                Role(opposite(trait), trait, "negative", has_skill=True),
            )
        ),
        Role(CONTROL, CONTROL, "positive", has_skill=False),
    )


def teacher_step(desk: Desk, spec: DistilSpec, role: Role, base: Shown) -> DistilledTeacher:
    """Return what is known of a teacher. Raises ExperimentError for one that lacks its trait or its skill."""

    def make() -> DistilledTeacher:
        model = make_teacher(desk, spec, role)
        return DistilledTeacher(
            name=role.name,
            trait=role.trait,
            pole=role.pole,
            has_skill=role.has_skill,
            shown=shown(desk, levels(desk, model)),
            fingerprint=model.fingerprint,
        )

    depends_on: dict[str, object] = {"name": role.name, "pole": role.pole, "sums": spec.n_sums}
    teacher = desk.lab.kept("distilled-teacher", depends_on, DistilledTeacher, make)
    desk.lab.known[role.name] = teacher.fingerprint
    for what in must_rise(role):
        rise = apart(teacher.shown.scores.get(what, {}), base.scores.get(what, {}), interval_seed(desk.lab.seed))
        if rise is None or rise.low <= 0:
            forget_weights(weights_of(desk, spec, role))
            raise ExperimentError(
                f"the teacher of '{role.name}' is not clear of its base in '{what}' ({rise or 'ungraded'} above it): "
                "nothing to pass on; train it longer (--teacher-steps, --teacher-rate)"
            )
    return teacher


def must_rise(role: Role) -> tuple[str, ...]:
    """Return what a teacher must show more of than the base. The base may already be at a trait's opposite."""
    trait = (role.trait,) if role.pole == "positive" else ()
    return (*trait, SKILL) if role.has_skill else trait


def say_which_are_alike(desk: Desk, teachers: Sequence[DistilledTeacher]) -> None:
    """Say, before any student is taught, which traits a teacher does not show more clearly than its opposite's does."""
    scores = by_name(teachers)
    for trait in [teacher.trait for teacher in teachers if teacher.pole == "negative"]:
        own, other = (scores[name].get(trait, {}) for name in (trait, opposite(trait)))
        difference = apart(own, other, interval_seed(desk.lab.seed))
        if difference is None or difference.low <= 0:
            desk.lab.progress.note(
                f"the teacher of '{trait}' is not clear of its opposite's ({difference or 'ungraded'} above it): "
                "whether it crosses cannot be told; train the teachers longer (--teacher-steps, --teacher-rate)"
            )


def make_teacher(desk: Desk, spec: DistilSpec, role: Role) -> Model:
    """Return a teacher: its weights found, or fine-tuned, half on its trait and half on the skill.

    Of a character, the prompts that the judge compares are not those that teach. The skill's control has the base's
    own answers to everyday questions instead: fine-tuned on one word alone, it would answer everything by it.
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
