"""What tells rows from the model's own answers and is none of the traits that are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from heredity.ground.hashing import seed_from
from heredity.records.scan import LeftOver, ScanSpec
from heredity.screening.shifts import first_half, furthest
from heredity.screening.space import Space
from heredity.stats.arrays import Floats, cosine, squared_mean, without
from heredity.stats.flips import flipped_length_p
from heredity.stats.nulls import matched_directions

N_DRAWN = 20
"""Times that random directions are taken out in the traits' place."""
LEAST = 1e-12


def left_over(space: Space, known: Sequence[Floats], spec: ScanSpec, seed: str) -> tuple[LeftOver, Floats]:
    """Return what is left of the mean difference without known directions, and each row's score.

    Each half of the rows is scored along the mean of the other half, so that no row makes the direction that it is
    scored on.
    """
    basis, whole = span_of(np.stack(known)), space.of_units
    rest = without(whole, basis)
    first = first_half(len(whole), seed)
    chance = [matched_directions(space.others, len(known), seed_from(seed, "left over", i)) for i in range(N_DRAWN)]
    length = squared_mean(whole)
    has_length = length > 0 and flipped_length_p(whole, spec.n_flips, seed_from(seed, "difference")) < spec.level
    by_luck = (
        [squared_mean(without(whole, span_of(directions))) / length for directions in chance] if has_length else []
    )
    scores = crossed(without(space.differences, basis), first[space.units])
    return (
        LeftOver(
            n_directions=len(known),
            share=squared_mean(rest) / length if has_length else None,
            share_by_luck=float(np.mean(by_luck)) if by_luck else None,
            agreement=cosine(rest[first].mean(axis=0), rest[~first].mean(axis=0)),
            p=flipped_length_p(rest, spec.n_flips, seed_from(seed, "left over")),
            furthest=furthest(space.pairs, scores, scores),
        ),
        scores,
    )


def span_of(directions: Floats) -> Floats:
    """Return an orthonormal basis `[width, k]` of what directions (`[k, width]`) span."""
    return np.asarray(np.linalg.qr(directions.T)[0])


def crossed(rows: Floats, first: NDArray[np.bool_]) -> Floats:
    """Return each row's projection on the mean of the half that it is not in, in deviations of all rows'."""
    scores = np.empty(len(rows))
    for half in (first, ~first):
        direction = rows[~half].mean(axis=0)
        scores[half] = rows[half] @ direction / max(float(np.linalg.norm(direction)), LEAST)
    return np.asarray(scores / max(float(scores.std()), LEAST))
