"""What is read of a row, by name. A score is one file beside this one and one line in a table.

Scores along a direction give what is projected and not the projection itself, so that random directions can be tried
on the same. Those in `MEASURED` need passes of their own, and are made only where they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import UnknownNameError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.records.acting import POLES
from heredity.records.dialogue import Exclusion
from heredity.records.vector import TraitVector
from heredity.screening.pairs import NO_ANSWER
from heredity.screening.readings import Fitting, RowReadings, chosen, read_fitting
from heredity.screening.scores.difference import difference
from heredity.screening.scores.divergence import divergence
from heredity.screening.scores.influence import influence
from heredity.screening.scores.likelihood import likelihood
from heredity.screening.scores.probe import Probe
from heredity.screening.scores.projection import projection
from heredity.screening.scores.projection_difference import projection_difference
from heredity.stats.arrays import Floats

Score = Callable[[RowReadings], Floats]
"""Returns `[rows, width]`; a row's score is its product with the unit direction."""

SCORES: dict[str, Score] = {"projection": projection, "difference": difference}
LESS_THE_PROMPT = frozenset({"difference"})
"""Scores that take away what stands before an answer, and so are not read behind a system prompt or earlier turns."""


@dataclass(frozen=True)
class Measured:
    """A score that needs passes of its own."""

    measure: Callable[[Probe], Floats]
    """Returns `[rows, width]` along a direction, else `[rows]`; NaN for a row that could not be measured."""
    why_not: str
    """Why a row cannot be measured."""
    unit: str = POLES
    """What a shift of rows is told in."""
    is_along: bool = False
    """Whether it is projected on a direction."""


BEHIND = "it does not fit behind the prompts that ask for the trait"
MEASURED: dict[str, Measured] = {
    "projection-difference": Measured(projection_difference, NO_ANSWER, is_along=True),
    "likelihood": Measured(likelihood, BEHIND, "nats a token"),
    "divergence": Measured(divergence, BEHIND, "shares of tokens"),
    "influence": Measured(influence, "it has no likelihood", "nats a token for the distance between the poles"),
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
    values = score.measure(Probe(model, rows, vector, progress))
    is_there = np.asarray(np.isfinite(values.reshape(len(values), -1)).all(axis=1))
    places = np.flatnonzero(is_there).tolist()
    lost = tuple(
        Exclusion(line=row.line, reason=score.why_not)
        for row, there in zip(readings.rows, is_there.tolist(), strict=True)
        if not there
    )
    whole = replace(readings, measured={name: values}, excluded=(*readings.excluded, *lost))
    return chosen(whole, places)


def scored(readings: RowReadings, name: str, units: NDArray[np.floating]) -> Floats:
    """Return x . v / ||v|| with x as the score has it, `[rows]`; `[width, k]` directions give `[rows, k]`.

    A score that needs no direction is the same along every one.
    """
    if is_along(name):
        return np.asarray(formed(readings, name) @ units)
    values = readings.measured[name]
    return values if units.ndim == 1 else np.repeat(values[:, None], units.shape[1], axis=1)


def formed(readings: RowReadings, name: str) -> Floats:
    """Return what a score along a direction projects, `[rows, width]`."""
    return SCORES[name](readings) if name in SCORES else readings.measured[name]


def is_along(name: str) -> bool:
    """Whether a score is projected on a direction."""
    return name in SCORES or MEASURED[name].is_along


def unit_of(name: str | None) -> str:
    """Return what shifts of rows by a score are told in."""
    return MEASURED[name].unit if name in MEASURED else POLES
