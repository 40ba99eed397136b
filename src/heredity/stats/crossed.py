"""Means over trained students, and over students and questions at once, each with the p-value of no difference.

Every student answers the same questions, and all are set against one measurement of the base: what chance did to the
base's answer to a question is in every student's difference on it. An interval over students alone takes that for
exact. Here students and questions are both drawn anew: a two-way layout of random effects, one value a cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from heredity.stats.arrays import Floats
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_t

Ints = NDArray[np.intp]
LEVEL = 0.95


@dataclass(frozen=True)
class Tested:
    """A mean with its interval, and how likely so large a mean is where there is nothing (two-sided)."""

    estimate: Estimate
    p: float


@dataclass(frozen=True)
class _Cells:
    """Values with the place of their student and of their question."""

    values: Floats
    students: Ints
    questions: Ints

    @property
    def counts(self) -> tuple[int, int]:
        """How many students and how many questions there are."""
        return int(self.students.max()) + 1, int(self.questions.max()) + 1


def over_students(values: Sequence[float]) -> Tested | None:
    """Return the mean of one value a student, Student's t; None for fewer than two."""
    if len(values) < 2:
        return None
    error, df = float(np.std(values, ddof=1)) / len(values) ** 0.5, len(values) - 1
    return Tested(mean_t(values), _p_of(float(np.mean(values)), error, df))


def over_students_and_questions(differences: Sequence[Mapping[str, float]], unscored: int = 0) -> Tested | None:
    """Return the mean of all cells, students and questions drawn anew; None where there is nothing to draw from.

    `differences` maps questions to values, one mapping a student; cells may be missing. The variance of the mean is
    V_students + V_questions - V_cells (Cameron, Gelbach & Miller 2011; mean squares of the two-way layout where no cell
    is missing), never below either of the first two, with degrees of freedom after Satterthwaite (1946). These are too
    many far out in the tails, where corrections for several claims look; so the result is never surer than Student's t
    over students alone. None for fewer than two students or questions, or for a student without any value.
    """
    names = sorted({name for one in differences for name in one})
    if len(differences) < 2 or len(names) < 2 or not all(differences):
        return None
    place = {name: i for i, name in enumerate(names)}
    filled = [(value, i, place[name]) for i, one in enumerate(differences) for name, value in one.items()]
    values, students, questions = zip(*filled, strict=True)
    cells = _Cells(np.asarray(values, dtype=np.float64), np.asarray(students), np.asarray(questions))
    mean, (n_students, n_questions) = float(cells.values.mean()), cells.counts
    by_student = _clustered(cells.values - mean, cells.students, n_students)
    by_question = _clustered(cells.values - mean, cells.questions, n_questions)
    variance = max(by_student + by_question - _of_cells(cells), by_student, by_question)
    spent = by_student**2 / (n_students - 1) + by_question**2 / (n_questions - 1)
    df = variance**2 / spent if spent > 0 else n_students - 1
    ways = ((variance**0.5, df), (by_student**0.5, n_students - 1.0))
    half = max(float(special.stdtrit(df, 0.5 + LEVEL / 2)) * error for error, df in ways)
    p = max(_p_of(mean, error, df) for error, df in ways)
    method = "t over students and questions"
    return Tested(Estimate(mean, mean - half, mean + half, n_students, unscored, method, LEVEL), p)


def _clustered(residuals: Floats, clusters: Ints, n: int) -> float:
    """Return the variance of the mean when whole clusters are drawn."""
    sums = np.bincount(clusters, weights=residuals, minlength=n)
    return float((sums**2).sum() / len(residuals) ** 2 * n / (n - 1))


def _of_cells(cells: _Cells) -> float:
    """Return the variance of the mean by what is left when students and questions are each given a level of their own.

    Zero where so many cells are missing that nothing is left.
    """
    n, (n_students, n_questions) = len(cells.values), cells.counts
    levels = np.zeros((n, n_students + n_questions))
    levels[np.arange(n), cells.students] = 1
    levels[np.arange(n), n_students + cells.questions] = 1
    fitted, _, rank, _ = np.linalg.lstsq(levels, cells.values, rcond=None)
    left = cells.values - levels @ fitted
    return float(left @ left) / (n - rank) / n if n > rank else 0.0


def _p_of(mean: float, error: float, df: float) -> float:
    """Return the two-sided p-value of a mean; without any spread, 1 at zero and 0 elsewhere."""
    if error == 0:
        return float(mean == 0)
    return float(2 * special.stdtr(df, -abs(mean) / error))
