"""Students of each teacher beside those of all others: what they show, and which way they moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from heredity.records.curves import StudentCurve, Teacher
from heredity.records.transmission import Effect, Measure
from heredity.stats.arrays import Floats, cosine
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_t
from heredity.stats.several import holm
from heredity.studies.transmission.pairs import asked_of, less, mean_of, over_pairs, scores


def matrix(
    students: Mapping[str, Sequence[StudentCurve]], targets: Sequence[str], measure: Measure
) -> tuple[Effect, ...]:
    """Return every teacher by every target: its students against the mean of all other teachers' of the same seed."""
    cells = []
    for taught_by, own in students.items():
        others = [curves for name, curves in students.items() if name != taught_by]
        for target in targets:
            rest = [mean_of([scores(one, target, measure) for one in seed]) for seed in zip(*others, strict=True)]
            ahead = [less(scores(student, target, measure), others) for student, others in zip(own, rest, strict=True)]
            tested = over_pairs(ahead, measure, asked_of(own, target))
            cells.append(
                Effect(
                    taught_by=taught_by,
                    target=target,
                    score=tested.estimate if tested else None,
                    p=tested.p if tested else None,
                    alignment=_alignment(own, target),
                    level=float(np.mean([student.points[-1].level[target].value for student in own])),
                )
            )
    return with_adjusted(cells)


def with_adjusted(cells: Sequence[Effect]) -> tuple[Effect, ...]:
    """Return the cells; those of a teacher's own target have their p-values among each other (Holm)."""
    own = {i: effect.p for i, effect in enumerate(cells) if effect.taught_by == effect.target and effect.p is not None}
    adjusted = dict(zip(own, holm(list(own.values())), strict=True))
    return tuple(effect.model_copy(update={"p_adjusted": adjusted.get(i)}) for i, effect in enumerate(cells))


def aligned(
    students: Mapping[str, Sequence[StudentCurve]], teachers: Sequence[Teacher]
) -> dict[str, list[StudentCurve]]:
    """Return the students, each with its alignment with every teacher.

    The base as a teacher has not moved: it stands in only where there is no other to compare with, for beside it all
    fine-tuned teachers look alike.
    """
    width = len(teachers[0].shift)
    known = {teacher.target: np.asarray(teacher.shift) for teacher in teachers}
    compared = [name for name in students if name in known or len(known) < 2]
    taught = less_others({name: known.get(name, np.zeros(width)) for name in compared})
    by_seed = [
        less_others({name: np.asarray(students[name][i].shift) for name in compared})
        for i in range(len(next(iter(students.values()))))
    ]

    def with_alignment(curve: StudentCurve, name: str, moved: Mapping[str, Floats]) -> StudentCurve:
        found = {target: cosine(moved[name], taught[target]) for target in known} if name in moved else {}
        return curve.model_copy(update={"alignment": found})

    return {
        name: [with_alignment(curve, name, moved) for curve, moved in zip(curves, by_seed, strict=True)]
        for name, curves in students.items()
    }


def less_others(shifts: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return each shift less the mean of the others: what is its own, and not of all training."""
    return {
        name: own - np.mean([other for also, other in shifts.items() if also != name], axis=0)
        for name, own in shifts.items()
    }


def _alignment(students: Sequence[StudentCurve], target: str) -> Estimate | None:
    found = [student.alignment[target] for student in students if target in student.alignment]
    return mean_t(found) if len(found) > 1 else None
