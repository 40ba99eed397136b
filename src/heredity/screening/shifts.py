"""How far rows lie from the model's own answers along traits' vectors, and which of them are told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats as scipy_stats

from heredity.ground.hashing import seed_from
from heredity.records.scan import ScannedRow, ScanSpec, TraitShift
from heredity.records.vector import TraitVector
from heredity.screening.pairs import Pairs
from heredity.screening.space import Space
from heredity.stats.arrays import Floats, group_means, means_by, squared_mean, without
from heredity.stats.correlation import correlation
from heredity.stats.estimate import Estimate
from heredity.stats.flips import flipped_p, t_of
from heredity.stats.intervals import mean_if_several, mean_t
from heredity.stats.nulls import matched_directions, p_value

N_FURTHEST = 5
"""Rows that a report shows of each trait."""
LEAST_SPREAD = 1e-12
LEAST_OWN = 1e-4
"""Of a vector, as a share of its length, what must be its own beside those told before it."""


def shifts(space: Space, vectors: Sequence[TraitVector], spec: ScanSpec, seed: str) -> list[TraitShift]:
    """Return every trait's shift, in the order in which they are told; p-values are over all traits.

    A row's shift is d . v / ||v||^2 in the whitened space: d what it differs by from the model's own answer, v the
    trait's vector. 1 is the distance between the poles.
    """
    pairs, directions = space.pairs, [space.direction(vector) for vector in vectors]
    scores = np.stack([along(space.differences, direction) for direction in directions], axis=1)
    of_units = group_means(scores, space.units)
    p = flipped_p(of_units, spec.n_flips, seed_from(seed, "scan"))
    luck = away(space, drawn(space, spec, seed))
    first = first_half(len(of_units), seed)
    length = squared_mean(space.of_units)
    found = [
        TraitShift(
            trait=vector.header.trait.name,
            title=vector.header.trait.title,
            vector_id=vector.header.id,
            heldout_auc=vector.header.heldout_auc,
            is_above_chance=vector.header.is_above_chance,
            shift=mean_t(units),
            p=float(p[place]),
            p_beyond=None,
            share=squared_mean((space.of_units @ unit(direction))[:, None]) / length if length > 0 else None,
            p_random=p_value(float(away(space, direction[None])[0]), luck),
            halves=(float(units[first].mean()), float(units[~first].mean())),
            carried_by=carried_by(units),
            carried_if_alike=carried_by(alike(units)),
            length=correlation(own, pairs.n_tokens, space.units, by_rank=True),
            by_source=by_group(own, [row.source for row in pairs.rows], space.units),
            furthest=furthest(pairs, own * np.sign(units.mean() or 1.0), own),
        )
        for place, (vector, direction, own, units) in enumerate(
            zip(vectors, directions, scores.T, of_units.T, strict=True)
        )
    ]
    return one_by_one(space, found, directions, spec, seed)


def along(differences: Floats, direction: Floats) -> Floats:
    """Return every row's shift along a direction, as a share of its length, `[rows]`."""
    return np.asarray(differences @ direction / (direction @ direction))


def unit(direction: Floats) -> Floats:
    """Return a direction of length 1."""
    return np.asarray(direction / max(float(np.linalg.norm(direction)), LEAST_SPREAD))


def one_by_one(
    space: Space, found: Sequence[TraitShift], directions: Sequence[Floats], spec: ScanSpec, seed: str
) -> list[TraitShift]:
    """Return the shifts, those that are told first and in that order, each with its p beside those told before it.

    Traits' vectors lie close together: rows that show one lie along most of them. So of those that are clear by
    themselves the clearest is told, what it holds is taken out, and the next is asked for in the rest. A vector that
    those before it all but hold has nothing of its own.
    """
    found = list(found)
    left = [place for place, shift in enumerate(found) if shift.is_clear(spec.level)]
    rest = [unit(direction) for direction in directions]
    told: list[TraitShift] = []
    while left:
        alone = [place for place in left if float(np.linalg.norm(rest[place])) > LEAST_OWN]
        if not alone:
            break
        scores = np.stack([space.of_units @ unit(rest[place]) for place in alone], axis=1)
        p = flipped_p(scores, spec.n_flips, seed_from(seed, "one by one", len(told)))
        best = int(np.abs(np.nan_to_num(t_of(scores), posinf=0.0, neginf=0.0)).argmax())
        beside = {place: float(value) for place, value in zip(alone, p, strict=True)}
        if beside[alone[best]] >= spec.level:
            for place, value in beside.items():
                found[place] = found[place].model_copy(update={"p_beyond": value})
            break
        told.append(found[alone[best]].model_copy(update={"p_beyond": beside[alone[best]]}))
        left.remove(alone[best])
        basis = unit(rest[alone[best]])[:, None]
        rest = [without(direction, basis) for direction in rest]
    names = {shift.trait for shift in told}
    return [*told, *(shift for shift in found if shift.trait not in names)]


def drawn(space: Space, spec: ScanSpec, seed: str) -> Floats:
    """Return random directions with the covariance of the model's own answers, which hold nothing of the rows."""
    return matched_directions(space.others, spec.n_null, seed_from(seed, "scan null"))


def away(space: Space, directions: Floats) -> Floats:
    """Return how many deviations of own answers the rows lie away along each direction (`[directions, width]`)."""
    spread = (space.own @ directions.T).std(axis=0)
    return np.asarray(np.abs(directions @ space.of_units.mean(axis=0)) / np.maximum(spread, LEAST_SPREAD))


def first_half(n_units: int, seed: str) -> NDArray[np.bool_]:
    """Return which units are in the first half, drawn by the seed."""
    order = np.random.default_rng(seed_from(seed, "halves")).permutation(n_units)
    return np.asarray(order < n_units // 2)


def carried_by(scores: Floats) -> int | None:
    """Return the fewest units, the furthest first, without which nothing of a mean is left; None if it is not clear."""
    if not mean_t(scores).is_clear_of_zero:
        return None
    ordered = np.sort(scores * np.sign(scores.mean()))
    means = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)  # of the lowest one, two, ...
    return int(len(ordered) - np.flatnonzero(means <= 0).max(initial=-1) - 1)


def alike(scores: Floats) -> Floats:
    """Return as many scores of one normal with the same mean and spread: what units would be, none of them special."""
    places = (np.arange(len(scores)) + 0.5) / len(scores)
    normal = scipy_stats.norm.ppf(places)
    return np.asarray(scores.mean() + scores.std(ddof=1) * normal / normal.std(ddof=1))


def furthest(pairs: Pairs, order: Floats, scores: Floats, n: int = N_FURTHEST) -> tuple[ScannedRow, ...]:
    """Return the rows that come first in an order, with their scores."""
    return tuple(
        ScannedRow(
            line=pairs.rows[i].line,
            score=float(scores[i]),
            prompt=pairs.rows[i].prompt,
            response=pairs.rows[i].response,
            own=pairs.answers[i],
        )
        for i in np.argsort(-order, kind="stable")[:n].tolist()
    )


def by_group(scores: Floats, groups: Sequence[str], units: NDArray[np.int64]) -> dict[str, Estimate]:
    """Return the mean score of every group of two units and more, by its name."""
    names = np.array(groups)
    found = {}
    for name in dict.fromkeys(groups):
        there = names == name
        estimate = mean_if_several(means_by(scores[there], units[there].tolist())) if name else None
        if estimate:
            found[name] = estimate
    return found


def ranked(found: Sequence[TraitShift], level: float) -> tuple[TraitShift, ...]:
    """Return the traits that are shown first, in the order in which they are told, then the others, furthest first."""
    shown = [trait for trait in found if trait.is_shown(level)]
    others = [trait for trait in found if not trait.is_shown(level)]
    return (*shown, *sorted(others, key=lambda trait: -abs(trait.shift.value)))
