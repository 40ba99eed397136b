"""How far two scores of the same cases go together, pooled, within conditions and between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats as scipy_stats

from heredity.ground.errors import MismatchError, NothingKeptError
from heredity.stats.estimate import Estimate

Floats = NDArray[np.float64]
N_RESAMPLES = 2000


def correlation(x: ArrayLike, y: ArrayLike, clusters: ArrayLike, seed: int, by_rank: bool = False) -> Estimate:
    """Return Pearson's r (Spearman's rho with `by_rank`), with an interval that resamples whole clusters.

    Resamples in which one side does not vary are left out. Raises NothingKeptError for fewer than three cases, or
    where one side does not vary at all.
    """
    first, second = paired(x, y)
    names = np.asarray(clusters)
    members = [np.flatnonzero(names == name) for name in np.unique(names)]
    value = r_of(first, second, by_rank)
    if len(first) < 3 or not np.isfinite(value):
        raise NothingKeptError(f"{len(first)} cases, or scores that are all equal, have no correlation")
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(N_RESAMPLES):
        rows = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        drawn.append(r_of(first[rows], second[rows], by_rank))
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Estimate(value, float(low), float(high), len(members), 0, "cluster bootstrap")


def within_conditions(
    x: ArrayLike, y: ArrayLike, conditions: ArrayLike, clusters: ArrayLike, seed: int
) -> Estimate | None:
    """Return r of the deviations from each condition's means; None where no condition holds two cases."""
    first, second = paired(x, y)
    names, index, counts = np.unique(np.asarray(conditions), return_inverse=True, return_counts=True)
    shared = counts[index] >= 2
    if not shared.any():
        return None
    centres = [np.array([side[index == i].mean() for i in range(len(names))])[index] for side in (first, second)]
    apart = [(first - centres[0])[shared], (second - centres[1])[shared]]
    if min(side.std() for side in apart) < 1e-12:
        return None
    return correlation(apart[0], apart[1], np.asarray(clusters)[shared], seed)


def between_conditions(x: ArrayLike, y: ArrayLike, conditions: ArrayLike) -> Estimate | None:
    """Return r over the conditions' means with Fisher's interval (z +- 1.96 / sqrt(n - 3)); None for n < 4."""
    first, second = paired(x, y)
    names, index = np.unique(np.asarray(conditions), return_inverse=True)
    if len(names) < 4:
        return None
    means = [np.array([side[index == i].mean() for i in range(len(names))]) for side in (first, second)]
    value = r_of(means[0], means[1], by_rank=False)
    if not np.isfinite(value):
        return None
    z, half = np.arctanh(np.clip(value, -0.999999, 0.999999)), 1.959964 / np.sqrt(len(names) - 3)
    return Estimate(value, float(np.tanh(z - half)), float(np.tanh(z + half)), len(names), 0, "Fisher z")


def r_of(x: Floats, y: Floats, by_rank: bool) -> float:
    """Return r; NaN where one side does not vary."""
    if by_rank:
        x, y = scipy_stats.rankdata(x), scipy_stats.rankdata(y)
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale > 0 else float("nan")


def paired(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Return both sides as flat arrays. Raises MismatchError when they are not of one length."""
    first, second = np.asarray(x, dtype=np.float64).ravel(), np.asarray(y, dtype=np.float64).ravel()
    if len(first) != len(second):
        raise MismatchError(f"{len(first)} scores on one side and {len(second)} on the other are not pairs")
    return first, second
