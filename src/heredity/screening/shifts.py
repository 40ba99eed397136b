"""How far rows lie from the model's own answers along one trait's vector, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from heredity.ground.hashing import seed_from
from heredity.records.scan import ScannedRow, ScanSpec, TraitShift
from heredity.records.vector import TraitVector
from heredity.screening.pairs import Pairs
from heredity.stats.arrays import Floats
from heredity.stats.correlation import correlation
from heredity.stats.estimate import Estimate
from heredity.stats.flips import flipped_p
from heredity.stats.intervals import mean_if_several, mean_t
from heredity.stats.nulls import matched_directions, p_value

N_FURTHEST = 5
"""Rows that a report shows of each trait."""
LEAST_SPREAD = 1e-12


def shifts(pairs: Pairs, vectors: Sequence[TraitVector], spec: ScanSpec, seed: str) -> list[TraitShift]:
    """Return every trait's shift; p-values are over all of them.

    A row's shift is (h - h_own) . v / ||v||^2, h the means over response tokens: 1 is the distance between the poles.
    """
    scores = np.stack([along(pairs, vector) for vector in vectors], axis=1)
    p = flipped_p(scores, spec.n_flips, seed_from(seed, "scan"))
    first = first_half(len(pairs.rows), seed)
    return [
        TraitShift(
            trait=vector.header.trait.name,
            title=vector.header.trait.title,
            vector_id=vector.header.id,
            block=vector.block,
            heldout_auc=vector.header.heldout_auc,
            is_above_chance=vector.header.is_above_chance,
            shift=mean_t(own),
            p=float(p[place]),
            p_random=by_luck(pairs, vector, spec, seed),
            halves=(float(own[first].mean()), float(own[~first].mean())),
            carried_by=carried_by(own),
            length=correlation(own, pairs.n_tokens, np.arange(len(own)), by_rank=True),
            by_source=by_group(own, [row.source for row in pairs.rows]),
            furthest=furthest(pairs, own * np.sign(own.mean() or 1.0)),
        )
        for place, (vector, own) in enumerate(zip(vectors, scores.T, strict=True))
    ]


def along(pairs: Pairs, vector: TraitVector) -> Floats:
    """Return every row's shift along a vector, as a share of the distance between its poles, `[rows]`."""
    direction = vector.direction.astype(np.float64)
    return np.asarray(pairs.differences(vector.block) @ direction / (direction @ direction))


def by_luck(pairs: Pairs, vector: TraitVector, spec: ScanSpec, seed: str) -> float:
    """Return the share of random directions along which rows lie as many deviations of own answers away.

    Directions have the covariance of the model's own answers, which hold nothing of the rows.
    """
    own = pairs.own[:, pairs.blocks.index(vector.block)]
    random = matched_directions(own, spec.n_null, seed_from(seed, "scan null", vector.header.trait.name))
    mean, centred = pairs.differences(vector.block).mean(axis=0), own - own.mean(axis=0)

    def away(directions: Floats) -> Floats:
        spread = (centred @ directions.T).std(axis=0)
        return np.asarray(np.abs(directions @ mean) / np.maximum(spread, LEAST_SPREAD))

    return p_value(float(away(vector.direction[None].astype(np.float64))[0]), away(random))


def first_half(n_rows: int, seed: str) -> NDArray[np.bool_]:
    """Return which rows are in the first half, drawn by the seed."""
    order = np.random.default_rng(seed_from(seed, "halves")).permutation(n_rows)
    return np.asarray(order < n_rows // 2)


def carried_by(scores: Floats) -> int | None:
    """Return the fewest rows, the furthest first, without which the mean is no longer clear of 0; None where it is not.

    Rows lie within one hand where they are few; where nearly all must go, all of them lie so.
    """
    if not is_clear(mean_t(scores)):
        return None
    ordered = np.sort(scores * np.sign(scores.mean()))[::-1]
    return next((n for n in range(1, len(ordered) - 1) if mean_t(ordered[n:]).low <= 0), len(ordered) - 1)


def is_clear(estimate: Estimate) -> bool:
    """Whether an interval leaves 0 out."""
    return estimate.low > 0 or estimate.high < 0


def furthest(pairs: Pairs, scores: Floats, n: int = N_FURTHEST) -> tuple[ScannedRow, ...]:
    """Return the rows with the highest scores, the highest first."""
    return tuple(
        ScannedRow(
            line=pairs.rows[i].line,
            score=float(scores[i]),
            prompt=pairs.rows[i].prompt,
            response=pairs.rows[i].response,
            own=pairs.answers[i],
        )
        for i in np.argsort(-scores, kind="stable")[:n].tolist()
    )


def by_group(scores: Floats, groups: Sequence[str]) -> dict[str, Estimate]:
    """Return the mean score of every group of two rows and more, by its name."""
    names = np.array(groups)
    found = {name: mean_if_several(scores[names == name]) for name in dict.fromkeys(groups) if name}
    return {name: estimate for name, estimate in found.items() if estimate}


def ranked(found: Sequence[TraitShift], level: float) -> tuple[TraitShift, ...]:
    """Return the traits that are shown first, the furthest first, then the others."""
    return tuple(sorted(found, key=lambda one: (not one.is_shown(level), -abs(one.shift.value))))


def directions_at(vectors: Sequence[TraitVector], block: int) -> Floats:
    """Return all traits' directions after one block, `[traits, width]`."""
    return np.stack([vector.directions[block].astype(np.float64) for vector in vectors])
