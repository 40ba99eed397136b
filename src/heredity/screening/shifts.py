"""How far rows lie from the model's own answers along traits' vectors, and which of them are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heredity.ground.hashing import seed_from
from heredity.records.scan import ScannedRow, ScanSpec, TraitShift
from heredity.records.vector import TraitVector
from heredity.screening.pairs import Pairs
from heredity.screening.space import Space
from heredity.stats.arrays import Floats, without
from heredity.stats.correlation import correlation
from heredity.stats.estimate import Estimate
from heredity.stats.flips import flipped_p, t_of
from heredity.stats.intervals import mean_if_several, mean_t
from heredity.stats.nulls import matched_directions, p_value

N_FURTHEST = 5
"""Rows that a report shows of each trait."""
LEAST_SPREAD = 1e-12


def shifts(space: Space, vectors: Sequence[TraitVector], spec: ScanSpec, seed: str) -> list[TraitShift]:
    """Return every trait's shift, in the order in which they are told; p-values are over all traits.

    A row's shift is d . v / ||v||^2 in the whitened space: d what it differs by from the model's own answer, v the
    trait's vector. 1 is the distance between the poles.
    """
    pairs, directions = space.pairs, [space.direction(vector) for vector in vectors]
    scores = np.stack([along(space, direction) for direction in directions], axis=1)
    p = flipped_p(scores, spec.n_flips, seed_from(seed, "scan"))
    luck = away(space, drawn(space, spec, seed))
    steps = {step.place: (rank, step.p) for rank, step in enumerate(one_by_one(space, directions, spec, seed))}
    first = first_half(len(pairs.rows), seed)
    found = {}
    for place, (vector, own) in enumerate(zip(vectors, scores.T, strict=True)):
        rank, p_beyond = steps[place]
        found[rank] = TraitShift(
            trait=vector.header.trait.name,
            title=vector.header.trait.title,
            vector_id=vector.header.id,
            heldout_auc=vector.header.heldout_auc,
            is_above_chance=vector.header.is_above_chance,
            shift=mean_t(own),
            p=float(p[place]),
            p_beyond=p_beyond,
            share=share_along(space, directions[place], first),
            p_random=p_value(float(away(space, directions[place][None])[0]), luck),
            halves=(float(own[first].mean()), float(own[~first].mean())),
            carried_by=carried_by(own),
            length=correlation(own, pairs.n_tokens, np.arange(len(own)), by_rank=True),
            by_source=by_group(own, [row.source for row in pairs.rows]),
            furthest=furthest(pairs, own * np.sign(own.mean() or 1.0)),
        )
    return [found[rank] for rank in sorted(found)]


def share_along(space: Space, direction: Floats, first: NDArray[np.bool_]) -> float | None:
    """Return which share of the mean difference's squared length lies along a direction, across halves of the rows.

    None where the halves share nothing.
    """
    one, other = space.differences[first].mean(axis=0), space.differences[~first].mean(axis=0)
    whole = float(one @ other)
    return float(one @ direction * (other @ direction) / (direction @ direction)) / whole if whole > 0 else None


def along(space: Space, direction: Floats) -> Floats:
    """Return every row's shift along a direction, as a share of its length, `[rows]`."""
    return np.asarray(space.differences @ direction / (direction @ direction))


@dataclass(frozen=True)
class Step:
    """A trait beside those that were taken before it."""

    place: int
    p: float
    """How likely its shift is by luck, over all that were left, once the others are taken out."""


def one_by_one(space: Space, directions: Sequence[Floats], spec: ScanSpec, seed: str) -> list[Step]:
    """Return the traits, the clearest first, each without what those before it hold.

    Traits' vectors lie close together: rows that show one lie along most of them. What is clear only together with
    another is not told beside it.
    """
    left = list(range(len(directions)))
    rest = [direction / np.linalg.norm(direction) for direction in directions]
    steps: list[Step] = []
    while left:
        scores = np.stack([space.differences @ rest[i] for i in left], axis=1)
        p = flipped_p(scores, spec.n_flips, seed_from(seed, "one by one", len(steps)))
        best = int(np.abs(np.nan_to_num(t_of(scores), posinf=0.0, neginf=0.0)).argmax())
        place = left.pop(best)
        steps.append(Step(place, float(p[best])))
        basis = rest[place] / max(float(np.linalg.norm(rest[place])), LEAST_SPREAD)
        rest = [without(direction, basis[:, None]) for direction in rest]
    return steps


def drawn(space: Space, spec: ScanSpec, seed: str) -> Floats:
    """Return random directions with the covariance of the model's own answers, which hold nothing of the rows."""
    return matched_directions(space.own, spec.n_null, seed_from(seed, "scan null"))


def away(space: Space, directions: Floats) -> Floats:
    """Return how many deviations of own answers the rows lie away along each direction (`[directions, width]`)."""
    spread = (space.own @ directions.T).std(axis=0)
    return np.asarray(np.abs(directions @ space.differences.mean(axis=0)) / np.maximum(spread, LEAST_SPREAD))


def first_half(n_rows: int, seed: str) -> NDArray[np.bool_]:
    """Return which rows are in the first half, drawn by the seed."""
    order = np.random.default_rng(seed_from(seed, "halves")).permutation(n_rows)
    return np.asarray(order < n_rows // 2)


def carried_by(scores: Floats) -> int | None:
    """Return the fewest rows, the furthest first, without which the mean is no longer clear of 0; None where it is not.

    Where they are few, those rows hold the trait; where nearly all must go, the rows lie so as a whole.
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
    """Return the traits that are shown first, in the order in which they are told, then the others, furthest first."""
    shown = [trait for trait in found if trait.is_shown(level)]
    others = [trait for trait in found if not trait.is_shown(level)]
    return (*shown, *sorted(others, key=lambda trait: -abs(trait.shift.value)))
