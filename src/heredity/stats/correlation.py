"""How far two scores of the same cases go together, pooled, within conditions and between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats as scipy_stats

from heredity.ground.errors import MismatchError
from heredity.stats.arrays import Floats
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import jackknife_error

MOST_R = 0.999999
"""Fisher's z of 1 is infinite."""
MIN_CASES = 8
"""Fewer cases say nothing of a correlation."""
MIN_CLUSTERS = 5
"""Fewer clusters give no interval worth the name."""
MIN_SPREAD = 1e-12
"""Standard deviation below which scores are equal, but for rounding."""


def correlation(
    x: ArrayLike, y: ArrayLike, clusters: ArrayLike, by_rank: bool = False, unscored: int = 0
) -> Estimate | None:
    """Return Pearson's r (Spearman's rho with `by_rank`) with an interval over clusters.

    Delete-one-cluster jackknife of Fisher's z, Student's t. None for fewer than 8 cases or 5 clusters, or where one
    side does not vary. `unscored` cases are only written down.
    """
    first, second = paired(x, y)
    names = np.unique(np.asarray(clusters), return_inverse=True)[1]
    n_clusters = len(np.unique(names))
    if len(first) < MIN_CASES or n_clusters < MIN_CLUSTERS or min(first.std(), second.std()) < MIN_SPREAD:
        return None
    value = r_of(first, second, by_rank)
    without = np.array([r_of(first[names != name], second[names != name], by_rank) for name in range(n_clusters)])
    z = np.arctanh(np.clip(without[np.isfinite(without)], -MOST_R, MOST_R))
    centre = float(np.arctanh(np.clip(value, -MOST_R, MOST_R)))
    half = float(scipy_stats.t.ppf(0.975, len(z) - 1)) * jackknife_error(z)
    low, high = np.tanh([centre - half, centre + half])
    method = "cluster jackknife of Fisher's z"
    return Estimate(value, min(float(low), value), max(float(high), value), n_clusters, unscored, method)


def within_conditions(
    x: ArrayLike, y: ArrayLike, conditions: ArrayLike, clusters: ArrayLike, unscored: int = 0
) -> Estimate | None:
    """Return r of the deviations from each condition's means; cases alone in their condition are left out.

    None where fewer than 8 cases share their condition with another, or those are of fewer than 5 clusters, or one
    side does not vary within conditions.
    """
    first, second = paired(x, y)
    names, index, counts = np.unique(np.asarray(conditions), return_inverse=True, return_counts=True)
    shared = counts[index] >= 2
    centres = [np.array([side[index == i].mean() for i in range(len(names))])[index] for side in (first, second)]
    apart = [(first - centres[0])[shared], (second - centres[1])[shared]]
    return correlation(apart[0], apart[1], np.asarray(clusters)[shared], unscored=unscored)


def between_conditions(x: ArrayLike, y: ArrayLike, conditions: ArrayLike, unscored: int = 0) -> Estimate | None:
    """Return r over the conditions' means with Fisher's interval (z +- 1.96 / sqrt(n - 3)); None for n < 4."""
    first, second = paired(x, y)
    names, index = np.unique(np.asarray(conditions), return_inverse=True)
    if len(names) < 4:
        return None
    means = [np.array([side[index == i].mean() for i in range(len(names))]) for side in (first, second)]
    value = r_of(means[0], means[1], by_rank=False)
    if not np.isfinite(value):
        return None
    z, half = np.arctanh(np.clip(value, -MOST_R, MOST_R)), 1.959964 / np.sqrt(len(names) - 3)
    return Estimate(value, float(np.tanh(z - half)), float(np.tanh(z + half)), len(names), unscored, "Fisher z")


def r_of(x: Floats, y: Floats, by_rank: bool) -> float:
    """Return r; NaN where one side does not vary."""
    if min(x.std(), y.std()) < MIN_SPREAD:
        return float("nan")
    if by_rank:
        x, y = scipy_stats.rankdata(x), scipy_stats.rankdata(y)
    x, y = x - x.mean(), y - y.mean()
    return float(x @ y) / float(np.sqrt((x @ x) * (y @ y)))


def paired(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Return both sides as flat arrays. Raises MismatchError when they are not of one length."""
    first, second = np.asarray(x, dtype=np.float64).ravel(), np.asarray(y, dtype=np.float64).ravel()
    if len(first) != len(second):
        raise MismatchError(f"{len(first)} scores on one side and {len(second)} on the other are not pairs")
    return first, second
