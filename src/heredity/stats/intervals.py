"""Intervals: Wilson for shares, Student's t for means, cluster bootstrap for the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats as scipy_stats

from heredity.ground.errors import NonFiniteError, NothingKeptError
from heredity.stats.estimate import Estimate

Floats = NDArray[np.float64]
Statistic = Callable[[list[Floats]], float]


def wilson(successes: int, n: int, level: float = 0.95) -> Estimate:
    """Return the share `successes / n` with its Wilson score interval.

    Raises NothingKeptError for n = 0.
    """
    if n == 0:
        raise NothingKeptError("a share of nothing has no interval; no case was left to count")
    interval = scipy_stats.binomtest(successes, n).proportion_ci(level, method="wilson")
    return Estimate(successes / n, float(interval.low), float(interval.high), n, 0, "wilson", level)


def mean_t(values: ArrayLike, unscored: int = 0, level: float = 0.95) -> Estimate:
    """Return the mean with its Student-t interval; for independent units (trained students, seeds)."""
    array = finite(values)
    half = 0.0
    if array.size > 1:
        quantile = float(scipy_stats.t.ppf(0.5 + level / 2, array.size - 1))
        half = quantile * float(array.std(ddof=1)) / float(np.sqrt(array.size))
    mean = float(array.mean())
    return Estimate(mean, mean - half, mean + half, array.size, unscored, "t", level)


def cluster_bootstrap(
    groups: Sequence[ArrayLike],
    statistic: Statistic,
    seed: int,
    unscored: int = 0,
    n_resamples: int = 2000,
    level: float = 0.95,
) -> Estimate:
    """Return a statistic of clustered values with its percentile interval, resampling whole clusters.

    `groups` holds one array of values a cluster (a question, say); `statistic` takes such a list.
    Resamples on which the statistic is undefined (NaN) are left out.
    """
    clusters = [finite(group) for group in groups]
    if not clusters:
        raise NothingKeptError("an interval needs at least one cluster of scored cases; none was left")
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(clusters), size=(n_resamples, len(clusters)))
    values = np.array([statistic([clusters[i] for i in draw]) for draw in draws])
    tail = (1 - level) / 2 * 100
    low, high = np.nanpercentile(values, [tail, 100 - tail])
    value = statistic(clusters)
    return Estimate(value, float(low), float(high), len(clusters), unscored, "cluster bootstrap", level)


def cluster_mean(groups: Sequence[ArrayLike], seed: int, unscored: int = 0, n_resamples: int = 2000) -> Estimate:
    """Return the mean of cluster means with an interval over clusters."""
    means = [[float(finite(group).mean())] for group in groups]
    return cluster_bootstrap(means, lambda drawn: float(np.mean(drawn)), seed, unscored, n_resamples)


def finite(values: ArrayLike) -> Floats:
    """Return the values as a flat float64 array. Raises NonFiniteError for NaN or infinity, or none at all."""
    array = np.asarray(values, dtype=np.float64).ravel()
    if array.size == 0:
        raise NothingKeptError("there is no value to average; every case was left out")
    if not np.isfinite(array).all():
        raise NonFiniteError("a value is NaN or infinite; an unscored case must be left out, not counted")
    return array
