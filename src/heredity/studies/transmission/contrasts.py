"""From students to effects: paired by seed, against controls, with what the intervals allow one to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from heredity.records.transmission import ArmKind, Control, CurvePoint, Effect, StudentCurve, Teacher
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_t
from heredity.studies.transmission.lineup import SHUFFLINGS
from heredity.vectors.leakage import cosine

Floats = NDArray[np.float64]
Figure = Callable[[CurvePoint], float]
Lines = Mapping[tuple[ArmKind, str], Sequence[StudentCurve]]
"""Students by arm and teacher, in the order of the seeds."""


def last(students: Sequence[StudentCurve], figure: Figure) -> list[float]:
    """Return a figure of every student at its last step."""
    return [figure(student.points[-1]) for student in students]


def paired(first: Sequence[float], second: Sequence[float]) -> Estimate | None:
    """Return the mean over seeds of first minus second, Student's t; None for fewer than two pairs."""
    if len(first) < 2:
        return None
    return mean_t([a - b for a, b in zip(first, second, strict=True)])


def score_of(target: str) -> Figure:
    """Return the figure: the target's score, in the study's measure."""
    return lambda point: point.score[target]


def level_of(target: str) -> Figure:
    """Return the figure: the target's level."""
    return lambda point: point.level[target].value


def matrix(students: Mapping[str, Sequence[StudentCurve]], targets: Sequence[str]) -> tuple[Effect, ...]:
    """Return every teacher by every target: its students against the mean of all other teachers' of the same seed."""
    cells = []
    for taught_by, own in students.items():
        others = [curves for name, curves in students.items() if name != taught_by]
        for target in targets:
            figure = score_of(target)
            rest = np.mean([last(curves, figure) for curves in others], axis=0)
            cells.append(
                Effect(
                    taught_by=taught_by,
                    target=target,
                    score=paired(last(own, figure), [float(x) for x in rest]),
                    alignment=_alignment(own, target),
                    level=float(np.mean(last(own, level_of(target)))),
                )
            )
    return tuple(cells)


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


def verdict(target: str, effect: Estimate | None, cells: Sequence[Effect], n_controls_failed: int) -> str:
    """Return in words what the intervals allow."""
    if effect is None:
        return (
            f"One pair of students: what they show of '{target}' has no interval, and no conclusion is drawn. "
            "Run more seeds."
        )
    said = f"score of '{target}', treated minus control: {effect}, pairs of students"
    if effect.high < 0:
        return f"It crossed the wrong way round: {said}."
    if effect.low <= 0:
        return f"No transmission is shown: {said}; more seeds, or more steps, may decide it."
    if n_controls_failed:
        return f"Something crossed ({said}), but a control shows as much: it is not the trait alone. See the controls."
    own = [cell for cell in cells if cell.taught_by == cell.target]
    if len(own) == 1:
        return (
            f"Something of the teacher crossed: {said}. The control is the untouched base; whether it is this trait "
            "and not any fine-tuning takes a teacher of something else (--other)."
        )
    n_clear = sum(cell.score is not None and cell.score.low > 0 for cell in own)
    if n_clear == len(own):
        return f"The trait crossed: {said}. So did {_others(len(own) - 1)}: a double dissociation."
    return f"The trait crossed: {said}."


def judged(name: str, question: str, own: Estimate | None, under: Estimate | None, why_not: str = "") -> Control:
    """Return a control beside the study's own effect; `why_not` says why it was not run."""
    if why_not:
        return Control(name=name, question=question, effect=None, said=f"Not run: {why_not}.")
    if under is None or own is None:
        return Control(name=name, question=question, effect=under, said="One pair of students has no interval.")
    is_left = under.low > 0 and under.high >= own.low
    # a shuffled carrier says where it stands, not whether it is the trait: by soft labels a teacher teaches on any text
    fails = is_left and name not in SHUFFLINGS
    if is_left and not fails:
        said = "As much is left: what crosses does not hang on this."
    elif fails:
        said = "The effect is there without what was taken away: this control fails."
    elif under.low > 0:
        said = "Some of the effect is left, clearly less than in the study."
    elif under.high < own.low:
        said = "Clearly less than in the study."
    else:
        said = "Not clear of zero, nor clearly less than in the study."
    return Control(name=name, question=question, effect=under, said=said, fails=fails)


def other_teachers(students: Mapping[str, Sequence[StudentCurve]], own: Estimate | None) -> list[Control]:
    """Return a control for every further teacher: do its students show the target as well, beside the control's?

    A control that is the base says that some teacher did it; only a teacher of something else says what did.
    """
    target, control, *others = students
    figure = score_of(target)
    return [
        judged(
            f"taught by {name}",
            f"Does a teacher of {name} do it as well?",
            own,
            paired(last(students[name], figure), last(students[control], figure)),
        )
        for name in others
    ]


def n_failed(controls: Sequence[Control]) -> int:
    """Return how many controls show as much as the study."""
    return sum(control.fails for control in controls)


def _alignment(students: Sequence[StudentCurve], target: str) -> Estimate | None:
    found = [student.alignment[target] for student in students if target in student.alignment]
    return mean_t(found) if len(found) > 1 else None


def _others(n: int) -> str:
    return "the other teacher's" if n == 1 else f"those of the {n} other teachers"
