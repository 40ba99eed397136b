"""What tells rows from the model's own answers and is none of the traits that are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from heredity.ground.hashing import seed_from
from heredity.records.scan import LeftOver, ScanSpec
from heredity.screening.shifts import first_half, furthest
from heredity.screening.space import Space
from heredity.stats.arrays import Floats, cosine, without
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
    whole, first = space.differences, first_half(len(space.pairs.rows), seed)
    rest = without(whole, span_of(np.stack(known)))
    chance = [matched_directions(space.own, len(known), seed_from(seed, "left over", i)) for i in range(N_DRAWN)]
    taken_out = [share_left(whole, without(whole, span_of(directions)), first) for directions in chance]
    shares = [share for share in taken_out if share is not None]
    scores = crossed(rest, first)
    return (
        LeftOver(
            n_directions=len(known),
            share=share_left(whole, rest, first),
            share_by_luck=float(np.mean(shares)) if shares else None,
            agreement=cosine(rest[first].mean(axis=0), rest[~first].mean(axis=0)),
            p=flipped_length_p(rest, spec.n_flips, seed_from(seed, "left over")),
            furthest=furthest(space.pairs, scores),
        ),
        scores,
    )


def span_of(directions: Floats) -> Floats:
    """Return an orthonormal basis `[width, k]` of what directions (`[k, width]`) span."""
    return np.asarray(np.linalg.qr(directions.T)[0])


def share_left(whole: Floats, rest: Floats, first: NDArray[np.bool_]) -> float | None:
    """Return how much of the mean's squared length is left, each estimated as the product of two halves' means."""
    of_whole, of_rest = (float(rows[first].mean(axis=0) @ rows[~first].mean(axis=0)) for rows in (whole, rest))
    return of_rest / of_whole if of_whole > 0 else None


def crossed(rows: Floats, first: NDArray[np.bool_]) -> Floats:
    """Return each row's projection on the mean of the half that it is not in, in deviations of all rows'."""
    scores = np.empty(len(rows))
    for half in (first, ~first):
        direction = rows[~half].mean(axis=0)
        scores[half] = rows[half] @ direction / max(float(np.linalg.norm(direction)), LEAST)
    return np.asarray(scores / max(float(scores.std()), LEAST))
