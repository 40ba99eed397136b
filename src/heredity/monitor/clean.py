"""What clean training does to a shift: the null of a finetuning shift, from clean fine-tunes by the same recipe.

Two clean fine-tunes of one recipe that differ in their seed are told apart by probes of their activations, so a shift
alone shows only that a model was trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats as scipy_stats

from heredity.ground.errors import InputError, MismatchError
from heredity.records.monitor import CleanShift
from heredity.records.student import Receipt, Student
from heredity.stats.estimate import Estimate

INCIDENTAL = ("n_steps", "save_steps", "n_snapshots", "rows_at_once")
"""Of a spec: steps are compared as they were taken; what is saved on the way and held in memory at once teaches
nothing."""
OF_A_PUSH = ("defence", "prevent_strength", "prevent_all_blocks")
"""Of a recipe: without effect where nothing is pushed."""
OF_A_RUN = frozenset(Receipt.model_fields)
"""Of an intervention: how often it acted, which is no part of a recipe."""


def recipe_of(student: Student) -> dict[str, Any]:
    """Return all of how a student was trained that clean fine-tunes must share; its rows and its seed are not of it."""
    left_out = (*INCIDENTAL, *(() if student.interventions else OF_A_PUSH))
    settings = {name: value for name, value in student.spec.model_dump().items() if name not in left_out}
    pushes = [intervention.model_dump(exclude=set(OF_A_RUN)) for intervention in student.interventions]
    return {"base": student.base_fingerprint, **settings, "optimizer steps": student.n_steps, "pushes": pushes}


def clean_of(student: Student, clean: Sequence[Student]) -> list[Student]:
    """Return the clean students by the student's recipe."""
    return [one for one in clean if recipe_of(one) == recipe_of(student)]


def require_clean(students: Sequence[Student], clean: Sequence[Student], more_come: bool = False) -> None:
    """Raise MismatchError for a clean student by no student's recipe, and a student with none unless more come.

    Raises InputError for one that was trained on a student's own rows.
    """
    for one in clean:
        same = next((student for student in students if one.corpus_digest == student.corpus_digest), None)
        if same:
            raise InputError(
                f"the clean fine-tune {one.adapter} was trained on the same rows as {same.adapter}; what clean "
                "training does is seen on other, benign rows"
            )
        if not any(clean_of(student, [one]) for student in students):
            raise MismatchError(
                f"the clean fine-tune {one.adapter} is by another recipe than {students[0].adapter} "
                f"({_difference(one, students[0])}), so it says nothing of what that does; train it alike, or let "
                "--clean-seeds make it"
            )
    lonely = next((student for student in students if clean and not clean_of(student, clean)), None)
    if lonely and not more_come:
        raise MismatchError(
            f"no clean fine-tune is by the recipe of {lonely.adapter} ({_difference(clean[0], lonely)}); give one with "
            "--clean, measure this student by itself, or let --clean-seeds make them"
        )


def beside_clean(value: float, clean: Sequence[float], level: float = 0.95) -> CleanShift:
    """Return a shift beside those of clean fine-tunes.

    What lies beyond their mean has the interval of a further clean fine-tune's distance from it (Student's t
    prediction: t * s * sqrt(1 + 1/n)), since the student too was trained once; of one fine-tune there is none.
    """
    values = np.asarray(clean, dtype=np.float64)
    n, mean = len(values), float(values.mean())
    if n < 2:
        return CleanShift(shifts=tuple(clean), mean=mean, deviation=None, beyond=None)
    deviation = float(values.std(ddof=1))
    half = float(scipy_stats.t.ppf(0.5 + level / 2, n - 1)) * deviation * float(np.sqrt(1 + 1 / n))
    apart = value - mean
    beyond = Estimate(apart, apart - half, apart + half, n, 0, "t prediction over clean fine-tunes", level)
    return CleanShift(shifts=tuple(clean), mean=mean, deviation=deviation, beyond=beyond)


def _difference(student: Student, other: Student) -> str:
    mine, theirs = recipe_of(student), recipe_of(other)
    name = next(name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name))
    return f"{name}: {_shown(mine.get(name))} against {_shown(theirs.get(name))}"


def _shown(value: object) -> str:
    return str(value)[:12] if isinstance(value, str) else f"{value}"
