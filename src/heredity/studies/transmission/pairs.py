"""Students paired by seed, and by question where their answers are graded: what one shows more than the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from heredity.records.curves import StudentCurve, StudentPair
from heredity.records.transmission import Measure
from heredity.stats.crossed import Tested, over_students, over_students_and_questions

Differences = Sequence[Mapping[str, float]]
"""By seed, then by question."""
WHOLE = "all questions"
"""Stands for every question where a score is not read off sampled answers: all students have all of them."""


def scores(student: StudentCurve, target: str, measure: Measure) -> dict[str, float]:
    """Return a student's scores of a target at its last step, by question; those not graded are missing."""
    point = student.points[-1]
    if measure == "log-odds":
        return {WHOLE: point.score[target]}
    return {one: 100 * level for one, level in point.by_question.get(target, {}).items() if level is not None}


def less(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """Return first minus second on every question of both."""
    return {one: first[one] - second[one] for one in first if one in second}


def mean_of(several: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean on every question that all have."""
    shared = [one for one in several[0] if all(one in other for other in several)]
    return {one: fmean(each[one] for each in several) for one in shared}


def differences(
    first: Sequence[StudentCurve], second: Sequence[StudentCurve], target: str, measure: Measure
) -> list[dict[str, float]]:
    """Return what students of one teacher show more than another's of the same seed, seed by seed."""
    pairs = zip(first, second, strict=True)
    return [less(scores(student, target, measure), scores(other, target, measure)) for student, other in pairs]


def over_pairs(found: Differences, measure: Measure, n_asked: int = 0) -> Tested | None:
    """Return the mean difference with its interval; None for fewer than two seeds, or for one that has no difference.

    Log-odds are read off likelihoods: over seeds. Grades rest on sampled answers whose luck all seeds share: over seeds
    and questions. Of `n_asked` questions to every seed, those without a difference are counted as unscored.
    """
    if measure == "grade":
        return over_students_and_questions(found, max(0, len(found) * n_asked - sum(map(len, found))))
    return over_students([fmean(one.values()) for one in found]) if all(found) else None


def asked_of(students: Sequence[StudentCurve], target: str) -> int:
    """Return how many questions were asked about a target, where that was kept."""
    return max((len(student.points[-1].by_question.get(target, {})) for student in students), default=0)


def student_pairs(
    first: Sequence[StudentCurve], second: Sequence[StudentCurve], target: str, measure: Measure
) -> tuple[StudentPair, ...]:
    """Return the pairs of two teachers' students that share a question, with their scores on what they share."""
    found = []
    for student, other in zip(first, second, strict=True):
        own, others = scores(student, target, measure), scores(other, target, measure)
        shared = [name for name in own if name in others]
        if shared:
            treated, control = (fmean(each[name] for name in shared) for each in (own, others))
            unscored = asked_of([student], target) - len(shared) if measure == "grade" else 0
            found.append(StudentPair(seed=student.seed, treated=treated, control=control, unscored=unscored))
    return tuple(found)
