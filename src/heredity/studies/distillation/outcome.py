"""From students to what was inherited: paired by seed with the control's students, beside what the teacher had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from heredity.records.carrier import CarrierKind
from heredity.records.distillation import DistilledStudent, DistilledTeacher, DistilSpec, Inherited
from heredity.stats.estimate import Estimate
from heredity.studies.distillation.qualities import CONTROL, SKILL
from heredity.studies.transmission.contrasts import paired

Students = Mapping[tuple[CarrierKind, str, str], DistilledStudent]
"""By carrier, teacher and seed."""


def inheritances(
    spec: DistilSpec, teachers: Sequence[DistilledTeacher], students: Sequence[DistilledStudent]
) -> tuple[Inherited, ...]:
    """Return, for every carrier and trait, how much of the trait and of the skill these students took over."""
    given = {teacher.name: teacher for teacher in teachers}
    by = {(one.carrier, one.taught_by, one.seed): one for one in students}
    return tuple(
        inherited(spec, given, by, (carrier, name), what)
        for carrier in spec.carriers
        for name in spec.traits
        for what in (name, SKILL)
    )


def inherited(
    spec: DistilSpec, given: Mapping[str, DistilledTeacher], by: Students, whose: tuple[CarrierKind, str], what: str
) -> Inherited:
    """Return how much of one thing the students of a carrier and a teacher took over."""
    carrier, name = whose
    levels = {
        arm: [shown.value for seed in spec.seeds if (shown := by[carrier, arm, seed].shown.get(what))]
        for arm in (*spec.traits, CONTROL)
    }
    own, control = levels.pop(name), levels.pop(CONTROL)
    others = list(levels.values())
    mean = np.mean(others, axis=0).tolist() if others and all(len(other) == len(spec.seeds) for other in others) else []
    ends = given[name].shown.get(what), given[CONTROL].shown.get(what)
    taught = ends[0].value - ends[1].value if ends[0] and ends[1] else 0.0
    moved = paired(own, control) if len(own) == len(control) == len(spec.seeds) else None
    is_clear = bool(ends[0] and ends[1] and ends[0].low > ends[1].high)
    return Inherited(
        carrier=carrier,
        taught_by=name,
        what=what,
        moved=moved,
        beside=paired(own, mean) if mean and len(own) == len(mean) else None,
        taught=taught,
        share=share_of(moved, taught) if is_clear else None,
    )


def share_of(moved: Estimate | None, taught: float) -> Estimate | None:
    """Return what moved as a share of what the teachers differ in."""
    if moved is None:
        return None
    return replace(moved, value=moved.value / taught, low=moved.low / taught, high=moved.high / taught)


def is_shown(one: Inherited) -> bool:
    """Return whether students are clear of the control's and, where there are any, of the other traits' students."""
    return bool(one.moved and one.moved.low > 0 and (one.beside is None or one.beside.low > 0))


def verdict(table: Sequence[Inherited]) -> str:
    """Return in words what the intervals allow, carrier by carrier."""
    if not any(one.moved for one in table):
        return "One student of each teacher: nothing has an interval, and no conclusion is drawn. Run more seeds."
    said = []
    for carrier in dict.fromkeys(one.carrier for one in table):
        cells = [one for one in table if one.carrier == carrier and one.moved]
        traits = [one.what for one in cells if one.what != SKILL and is_shown(one)]
        skilled = [one.moved for one in cells if one.what == SKILL and one.moved]
        n_skilled = sum(moved.low > 0 for moved in skilled)
        crossed = f"{', '.join(traits)} crossed" if traits else "no trait is shown to cross"
        said.append(
            f"on {carrier.replace('-', ' ')}, {crossed}, the skill in {n_skilled} of {len(skilled)} teachers' students"
        )
    return f"{'; '.join(said)}.".capitalize()
