"""From students to what was inherited: paired by seed and question, beside the base and the control's students."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from heredity.records.carrier import CarrierKind
from heredity.records.distillation import (
    Contrast,
    DistillationReport,
    DistilledStudent,
    DistilledTeacher,
    Inherited,
    Outcome,
)
from heredity.records.evaluation import Scores
from heredity.stats.compare import paired_difference
from heredity.stats.crossed import over_students_and_questions
from heredity.stats.estimate import Estimate
from heredity.stats.several import ALPHA, holm
from heredity.studies.distillation.qualities import CONTROL, SKILL, interval_seed, opposite

BASE = "base"


@dataclass(frozen=True)
class Shows:
    """What all models of a study show, by question."""

    traits: tuple[str, ...]
    carriers: tuple[CarrierKind, ...]
    seeds: tuple[str, ...]
    base: Mapping[str, Scores]
    teachers: Mapping[str, Mapping[str, Scores]]
    """By teacher, then by what is read."""
    students: Mapping[tuple[CarrierKind, str, str], Mapping[str, Scores]]
    """By carrier, teacher and seed, then by what is read."""
    draw: int
    """Seed of the intervals over questions."""

    def of_teacher(self, name: str, what: str) -> Scores:
        """Return what a teacher, or the base, shows of one thing; nothing where it could not be graded."""
        return (self.base if name == BASE else self.teachers[name]).get(what, {})

    def of_students(self, carrier: CarrierKind, name: str, what: str) -> list[Scores]:
        """Return what one teacher's students, or the base, show of one thing, in the order of the seeds."""
        if name == BASE:
            return [self.base.get(what, {})] * len(self.seeds)
        return [self.students[carrier, name, seed].get(what, {}) for seed in self.seeds]

    def n_asked(self, what: str) -> int:
        """Return how many questions any model has a score for."""
        shown = (self.base, *self.teachers.values(), *self.students.values())
        return len({question for one in shown for question in one.get(what, {})})


def concluded(report: DistillationReport) -> DistillationReport:
    """Return a report with all that follows from its models: the table, the verdict and what it rests on."""
    spec, models = report.spec, (report.base.scores, by_name(report.teachers), by_place(report.students))
    table = inheritances(Shows(report.traits, spec.carriers, spec.seeds, *models, draw=interval_seed(report.seed)))
    return report.model_copy(update={"table": table, "verdict": verdict(table), "findings": findings(table)})


def by_name(teachers: Sequence[DistilledTeacher]) -> dict[str, Mapping[str, Scores]]:
    """Return what teachers show, by name."""
    return {teacher.name: teacher.shown.scores for teacher in teachers}


def by_place(students: Sequence[DistilledStudent]) -> dict[tuple[CarrierKind, str, str], Mapping[str, Scores]]:
    """Return what students show, by carrier, teacher and seed."""
    return {(student.carrier, student.taught_by, student.seed): student.shown.scores for student in students}


def inheritances(shows: Shows) -> tuple[Inherited, ...]:
    """Return, for every carrier and trait, how much of the trait and of the skill these students took over."""
    table = [
        inherited(shows, carrier, name, what)
        for carrier in shows.carriers
        for name in shows.traits
        for what in (name, SKILL)
    ]
    traits, skills = (with_outcomes(rows, len(shows.seeds)) for rows in (table[::2], table[1::2]))
    return tuple(entry for pair in zip(traits, skills, strict=True) for entry in pair)


def inherited(shows: Shows, carrier: CarrierKind, name: str, what: str) -> Inherited:
    """Return how much of one thing one teacher's students took over on one carrier, before it is concluded upon."""
    control = CONTROL if what == SKILL else opposite(name)
    return Inherited(
        carrier=carrier,
        taught_by=name,
        what=what,
        control=control,
        base=contrast(shows, carrier, (name, BASE), what),
        control_base=contrast(shows, carrier, (control, BASE), what),
        difference=contrast(shows, carrier, (name, control), what),
        outcome="not shown",
    )


def with_outcomes(rows: Sequence[Inherited], n_seeds: int) -> list[Inherited]:
    """Return rows with their outcomes, each by its p-value among all of them."""
    p_values = [one.difference.p for one in rows if one.difference.p is not None]
    adjusted = iter(holm(p_values))
    found = [None if one.difference.p is None else next(adjusted) for one in rows]
    return [
        one.model_copy(update={"p_adjusted": p, "outcome": outcome(one.difference, p, n_seeds)})
        for one, p in zip(rows, found, strict=True)
    ]


def contrast(shows: Shows, carrier: CarrierKind, names: tuple[str, str], what: str) -> Contrast:
    """Return one teacher's students less another's, or less the base, and their teachers likewise."""
    own, others = (shows.of_students(carrier, name, what) for name in names)
    differences = [between(*pair) for pair in zip(own, others, strict=True)]
    unscored = len(differences) * shows.n_asked(what) - sum(map(len, differences))
    tested = over_students_and_questions(differences, unscored)
    return Contrast(
        students=tested.estimate if tested else None,
        p=tested.p if tested else None,
        teachers=apart(shows.of_teacher(names[0], what), shows.of_teacher(names[1], what), shows.draw),
    )


def between(first: Scores, second: Scores) -> dict[str, float]:
    """Return first minus second on every question that both have a score for."""
    return {one: fmean(first[one]) - fmean(second[one]) for one in first if one in second}


def apart(first: Scores, second: Scores, draw: int) -> Estimate | None:
    """Return the same of two single models, with an interval over questions; None for fewer than two of both."""
    return paired_difference(first, second, draw) if len(set(first) & set(second)) > 1 else None


def outcome(difference: Contrast, p_adjusted: float | None, n_seeds: int) -> Outcome:
    """Return what a difference between students allows to be said, given what their teachers differ by."""
    students, teachers = difference.students, difference.teachers
    if teachers is None or (students is None and n_seeds > 1):
        return "not graded"
    if teachers.low <= 0:
        return "teachers alike"
    if students is None or p_adjusted is None:
        return "one seed"
    if p_adjusted >= ALPHA:
        return "not shown"
    return "crossed" if students.value > 0 else "the wrong way round"


def verdict(table: Sequence[Inherited]) -> str:
    """Return in words what the intervals allow, carrier by carrier."""
    if any(one.outcome == "one seed" for one in table):
        return "One student of each teacher: nothing has an interval, and no conclusion is drawn. Run more seeds."
    by_carrier: dict[CarrierKind, dict[Outcome, list[str]]] = {}
    for trait in table[::2]:
        by_carrier.setdefault(trait.carrier, {}).setdefault(trait.outcome, []).append(trait.what)
    told = []
    for carrier, found in by_carrier.items():
        parts = "; ".join(SAID[one].format(", ".join(found[one])) for one in SAID if one in found)
        told.append(f"On {carrier.replace('-', ' ')}: {parts}.")
    return " ".join(told)


def findings(table: Sequence[Inherited]) -> tuple[str, ...]:
    """Return of every trait that crossed which students moved and what became of the skill, and what decides."""
    lines = zip(table[::2], table[1::2], strict=True)
    told = [
        f"On {trait.carrier.replace('-', ' ')}, {trait.what}: {moved(trait)}; {beside_it(skill)}."
        for trait, skill in lines
        if trait.outcome == "crossed"
    ]
    n = sum(one.p_adjusted is not None for one in table[::2])
    return (*told, *clear_alone(table[::2]), what_decides(n))


def clear_alone(traits: Sequence[Inherited]) -> list[str]:
    """Return of every trait whose interval is clear of zero by itself why it is not said to have crossed."""
    return [
        f"On {one.carrier.replace('-', ' ')}, {one.what}: clear of zero by itself ({students.in_points} points), not "
        f"as one of several claims (p {one.p_adjusted:.3f})."
        for one in traits
        if one.outcome == "not shown"
        and (students := one.difference.students)
        and students.is_clear_of_zero
        and one.p_adjusted is not None
    ]


def what_decides(n: int) -> str:
    """Return what the outcomes of `n` traits and carriers rest on."""
    together = f"; over {n} traits and carriers together, one claim in 20 studies is false (Holm)" if n > 1 else ""
    return (
        f"What crossed is decided by the difference to the control's students{together}. Who moved from the base: "
        "intervals of 95% each. There is one teacher of each kind."
    )


SAID: dict[Outcome, str] = {
    "crossed": "{} crossed",
    "not shown": "{} not shown to cross",
    "the wrong way round": "{} moved the wrong way round",
    "teachers alike": "{} could not be tested, the teachers are too alike",
    "not graded": "{} could not be graded",
}
"""How the verdict tells an outcome of these traits."""


def moved(one: Inherited) -> str:
    """Return which students are clear of the base: these, those of the opposite, both or neither."""
    own, control = way_of(one.base), way_of(one.control_base)
    told = [f"its students {own}" if own else "", f"its opposite's {control}" if control else ""]
    return ", ".join(filter(None, told)) or "neither its students nor its opposite's are clear of the base"


def way_of(contrast: Contrast) -> str:
    """Return which way students are clear of the base; nothing where they are not."""
    if not contrast.students or not contrast.students.is_clear_of_zero:
        return ""
    return "rose" if contrast.students.low > 0 else "fell"


def beside_it(skill: Inherited) -> str:
    """Return what became of the skill in the same students, over the base and beside its control."""
    way = way_of(skill.base)
    if way == "rose":
        return f"{SKILL} came too" if skill.outcome == "crossed" else f"{SKILL} rose, not clearly beside its control"
    return f"{SKILL} fell" if way else f"{SKILL} not clearly gained"
