"""What is projected of a row, by name. A score is one file beside this one and one line in the table.

Scores give what is projected and not the projection itself, so that random directions can be tried on the same.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import UnknownNameError
from heredity.screening.readings import RowReadings
from heredity.screening.scores.difference import difference
from heredity.screening.scores.projection import projection
from heredity.stats.arrays import Floats

Score = Callable[[RowReadings], Floats]
"""Returns `[rows, width]`; a row's score is its product with the unit direction."""

SCORES: dict[str, Score] = {"projection": projection, "difference": difference}
LESS_THE_PROMPT = frozenset({"difference"})
"""Scores that take away what stands before an answer, and so are not read behind a system prompt or earlier turns."""


def score_named(name: str) -> Score:
    """Return a score. Raises UnknownNameError, with what there is, for a name that is none."""
    if name not in SCORES:
        raise UnknownNameError("score", name, SCORES)
    return SCORES[name]


def scored(readings: RowReadings, name: str, units: NDArray[np.floating]) -> Floats:
    """Return x . v / ||v|| with x as the score has it, `[rows]`; `[width, k]` directions give `[rows, k]`."""
    return np.asarray(score_named(name)(readings) @ units)
