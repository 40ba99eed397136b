"""What is read of a row, by name. A score is one file beside this one and one line in a table.

Scores along a direction give what is projected and not the projection itself, so that random directions can be tried
on the same. Measured ones need no direction but passes of their own, and are made only where they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import UnknownNameError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.records.dialogue import Exclusion
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.screening.readings import Fitting, RowReadings, chosen, read_fitting
from heredity.screening.scores.difference import difference
from heredity.screening.scores.likelihood import likelihood
from heredity.screening.scores.projection import projection
from heredity.stats.arrays import Floats

Score = Callable[[RowReadings], Floats]
"""Returns `[rows, width]`; a row's score is its product with the unit direction."""

SCORES: dict[str, Score] = {"projection": projection, "difference": difference}
LESS_THE_PROMPT = frozenset({"difference"})
"""Scores that take away what stands before an answer, and so are not read behind a system prompt or earlier turns."""


@dataclass(frozen=True)
class Measured:
    """A score that needs no direction."""

    measure: Callable[[Model, Fitting, Trait, Progress], Floats]
    """Returns `[rows]`, NaN for a row that could not be measured."""
    unit: str
    why_not: str
    """Why a row cannot be measured."""


MEASURED: dict[str, Measured] = {
    "likelihood": Measured(likelihood, "nats a token", "it does not fit behind the prompts that ask for the trait")
}


def require_score(name: str) -> None:
    """Raise UnknownNameError, with what there is, for a name that is no score's."""
    if name not in SCORES and name not in MEASURED:
        raise UnknownNameError("score", name, (*SCORES, *MEASURED))


def read_scored(
    model: Model, rows: Fitting, vector: TraitVector, name: str | None, progress: Progress = SILENCE
) -> RowReadings:
    """Return the rows' readings at the vector's block, and what the score of that name measures beside them.

    Rows that it cannot measure are excluded, be it all of them.
    """
    readings = read_fitting(model, rows, vector.block, progress)
    if name not in MEASURED:
        return readings
    score = MEASURED[name]
    values = score.measure(model, rows, vector.header.trait, progress)
    places = np.flatnonzero(np.isfinite(values)).tolist()
    lost = tuple(
        Exclusion(line=row.line, reason=score.why_not)
        for row, value in zip(readings.rows, values, strict=True)
        if not np.isfinite(value)
    )
    whole = replace(readings, measured={name: values}, excluded=(*readings.excluded, *lost))
    return chosen(whole, places)


def scored(readings: RowReadings, name: str, units: NDArray[np.floating]) -> Floats:
    """Return x . v / ||v|| with x as the score has it, `[rows]`; `[width, k]` directions give `[rows, k]`.

    What was measured is the same along every direction.
    """
    if name in SCORES:
        return np.asarray(SCORES[name](readings) @ units)
    values = readings.measured[name]
    return values if units.ndim == 1 else np.repeat(values[:, None], units.shape[1], axis=1)
