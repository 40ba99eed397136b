"""From students to what was inherited: paired by seed, beside the base and beside the control's students."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from heredity.records.carrier import CarrierKind
from heredity.records.distillation import Contrast, DistilledStudent, DistilledTeacher, DistilSpec, Inherited
from heredity.stats.estimate import Estimate
from heredity.studies.distillation.qualities import CONTROL, SKILL
from heredity.studies.transmission.contrasts import paired


@dataclass(frozen=True)
class Shows:
    """What all models of a study show."""

    spec: DistilSpec
    base: Mapping[str, Estimate]
    teachers: Mapping[str, Mapping[str, Estimate]]
    """By teacher, then by what is read."""
    students: Mapping[tuple[CarrierKind, str, str], Mapping[str, Estimate]]
    """By carrier, teacher and seed, then by what is read."""

    def of_teacher(self, name: str, what: str) -> float | None:
        """Return a teacher's level; None where it could not be graded."""
        shown = self.teachers[name].get(what)
        return shown.value if shown else None

    def of_students(self, carrier: CarrierKind, name: str, what: str) -> list[float] | None:
        """Return the levels of one teacher's students, in the order of the seeds; None where one has none."""
        found = [self.students[carrier, name, seed].get(what) for seed in self.spec.seeds]
        return [one.value for one in found if one] if all(found) else None


def shows(
    spec: DistilSpec,
    base: Mapping[str, Estimate],
    teachers: Sequence[DistilledTeacher],
    students: Sequence[DistilledStudent],
) -> Shows:
    """Return what all models show, by name."""
    return Shows(
        spec,
        base,
        {one.name: one.shown for one in teachers},
        {(one.carrier, one.taught_by, one.seed): one.shown for one in students},
    )


def inheritances(found: Shows) -> tuple[Inherited, ...]:
    """Return, for every carrier and trait, how much of the trait and of the skill these students took over."""
    return tuple(
        inherited(found, carrier, name, what)
        for carrier in found.spec.carriers
        for name in found.spec.traits
        for what in (name, SKILL)
    )


def opposite(name: str) -> str:
    """Return the name of the teacher of a trait's opposite pole."""
    return f"opposite of {name}"


def inherited(found: Shows, carrier: CarrierKind, name: str, what: str) -> Inherited:
    """Return how much of one thing one teacher's students took over on one carrier.

    Their control is like them but for what is read: of the opposite pole with the same skill, or without the skill.
    """
    rival = CONTROL if what == SKILL else opposite(name)
    return Inherited(
        carrier=carrier,
        taught_by=name,
        what=what,
        base=beside_base(found, carrier, name, what),
        control=beside(found, carrier, (name, rival), what),
        can_tell=is_apart(found.teachers, (name, rival), what),
    )


def is_apart(teachers: Mapping[str, Mapping[str, Estimate]], names: tuple[str, str], what: str) -> bool:
    """Return whether one teacher's interval lies above another's."""
    own, other = (teachers[name].get(what) for name in names)
    return bool(own and other and own.low > other.high)


def beside(found: Shows, carrier: CarrierKind, names: tuple[str, str], what: str) -> Contrast:
    """Return one teacher's students less another's, seed by seed, and their teachers likewise."""
    own, others = (found.of_students(carrier, name, what) for name in names)
    teacher, other = (found.of_teacher(name, what) for name in names)
    return Contrast(
        students=paired(own, others) if own and others else None,
        teachers=teacher - other if teacher is not None and other is not None else None,
    )


def beside_base(found: Shows, carrier: CarrierKind, name: str, what: str) -> Contrast:
    """Return one arm less the untouched model, which is one: the interval is over students."""
    own, base, teacher = found.of_students(carrier, name, what), found.base[what].value, found.of_teacher(name, what)
    return Contrast(
        students=paired(own, [base] * len(own)) if own else None,
        teachers=teacher - base if teacher is not None else None,
    )


def skilled(found: Shows) -> dict[str, Estimate]:
    """Return, by carrier, how far the skill moved beside its control's students; nothing for one seed.

    On the mean of all students whose teachers were given it, of either pole.
    """
    moved: dict[str, Estimate] = {}
    given = (*found.spec.traits, *map(opposite, found.spec.traits))
    for carrier in found.spec.carriers:
        arms = [found.of_students(carrier, name, SKILL) for name in given]
        own, control = [arm for arm in arms if arm], found.of_students(carrier, CONTROL, SKILL)
        if control and (estimate := paired([fmean(values) for values in zip(*own, strict=True)], control)):
            moved[carrier] = estimate
    return moved


def verdict(table: Sequence[Inherited], skill: Mapping[str, Estimate]) -> str:
    """Return in words what the intervals allow, carrier by carrier; they are not corrected for how many they are."""
    if not skill:
        return "One student of each teacher: nothing has an interval, and no conclusion is drawn. Run more seeds."
    return " ".join(verdict_on([one for one in table if one.carrier == carrier], skill[carrier]) for carrier in skill)


def verdict_on(table: Sequence[Inherited], skill: Estimate) -> str:
    """Return what one carrier allows: a trait crossed where students are clear of its opposite's."""
    traits = [one for one in table if one.what != SKILL]
    crossed = [said_of(one) for one in traits if has_crossed(one)]
    unseen = [one.what for one in traits if one.can_tell and not has_crossed(one)]
    alike = [one.what for one in traits if not one.can_tell]
    parts = [f"{', '.join(crossed)} crossed" if crossed else "no trait is shown to cross"]
    parts += [f"{', '.join(unseen)} did not clearly"] if crossed and unseen else []
    parts += [f"{', '.join(alike)} could not be tested: the teachers differ too little"] if alike else []
    where = table[0].carrier.replace("-", " ")
    return f"On {where}, {'; '.join(parts)}; {SKILL} {skill.in_points} points beside the control, on the mean of all."


def said_of(one: Inherited) -> str:
    """Return a trait that crossed, and whether its students rose or only its opposite's fell."""
    gained = one.base.students and one.base.students.low > 0
    return one.what if gained else f"{one.what} (beside its opposite alone: no clear rise over the base)"


def has_crossed(one: Inherited) -> bool:
    """Return whether students are clear of the control's, whose teacher differs."""
    return bool(one.can_tell and one.control.students and one.control.students.low > 0)
