"""Intervals: Wilson for shares, Student's t for independent units, BCa bootstrap or jackknife over clusters.

Percentile bootstraps are not used: over 4, 8 and 12 clusters they cover .81, .89 and .90 of the time at 95%, less where
values are skewed. A single value has no interval, and none is made up for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats as scipy_stats

from heredity.ground.errors import NonFiniteError, NothingKeptError
from heredity.stats.arrays import Floats
from heredity.stats.estimate import Estimate

Statistic = Callable[[list[Floats]], float]
FEWEST_TO_RESAMPLE = 8
"""Fewer clusters say too little of how skewed they are: Student's t stands in."""
N_RESAMPLES = 2000


def wilson(successes: int, n: int, level: float = 0.95) -> Estimate:
    """Return the share `successes / n` with its Wilson score interval.

    Raises NothingKeptError for n = 0.
    """
    if n == 0:
        raise NothingKeptError("a share of nothing has no interval; no case was left to count")
    interval = scipy_stats.binomtest(successes, n).proportion_ci(level, method="wilson")
    return Estimate(successes / n, float(interval.low), float(interval.high), n, 0, "wilson", level)


def mean_t(values: ArrayLike, unscored: int = 0, level: float = 0.95) -> Estimate:
    """Return the mean with its Student-t interval; for independent units (trained students, seeds).

    Raises NothingKeptError for fewer than two values: one has no interval.
    """
    array = severally(values)
    error = float(array.std(ddof=1)) / float(np.sqrt(array.size))
    return around(float(array.mean()), error, array.size, unscored, "t", level)


def one_more(values: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Return where one more value is to be expected: mean +- t s sqrt(1 + 1/n), of normal values. Takes two or more."""
    array = severally(values)
    n = len(array)
    t = float(scipy_stats.t.ppf(0.5 + level / 2, n - 1))
    reach = t * float(array.std(ddof=1)) * float(np.sqrt(1 + 1 / n))
    return float(array.mean()) - reach, float(array.mean()) + reach


def mean_if_several(values: Sequence[float] | Floats, unscored: int = 0) -> Estimate | None:
    """Return the mean with its Student-t interval, or None for fewer than two values."""
    return mean_t(values, unscored) if len(values) > 1 else None


def cluster_mean(groups: Sequence[ArrayLike], seed: int, unscored: int = 0, level: float = 0.95) -> Estimate:
    """Return the mean of cluster means with an interval over clusters.

    Cluster means that are all 0 or 1 are shares: Wilson's interval. From 8 clusters on the BCa bootstrap (Efron 1987),
    which heeds skewness, widened for few clusters as Student's t is (Hesterberg 2015, section 5); below, t itself.
    Raises NothingKeptError for fewer than two clusters.
    """
    means = severally([float(finite(group).mean()) for group in groups])
    if np.isin(means, (0.0, 1.0)).all():
        share = wilson(int(means.sum()), means.size, level)
        return Estimate(share.value, share.low, share.high, share.n, unscored, "wilson", level)
    if means.size < FEWEST_TO_RESAMPLE or np.ptp(means) < 1e-12 * max(1.0, float(np.abs(means).max())):
        return mean_t(means, unscored, level)
    drawn = means[np.random.default_rng(seed).integers(0, means.size, size=(N_RESAMPLES, means.size))].mean(axis=1)
    low, high = np.quantile(drawn, _bca_shares(means, drawn, level))
    return Estimate(float(means.mean()), float(low), float(high), means.size, unscored, "BCa bootstrap", level)


def _bca_shares(means: Floats, drawn: Floats, level: float) -> Floats:
    """Return the two quantiles of the resampled means `drawn` that bound the interval."""
    n, centre = means.size, means.mean()
    below = (np.sum(drawn < centre) + 0.5 * np.sum(drawn == centre)) / drawn.size
    bias = float(scipy_stats.norm.ppf(np.clip(below, 1 / drawn.size, 1 - 1 / drawn.size)))
    apart = (means - centre) / (n - 1)
    acceleration = float(np.sum(apart**3) / (6 * np.sum(apart**2) ** 1.5))
    widened = float(np.sqrt(n / (n - 1)) * scipy_stats.t.ppf(0.5 + level / 2, n - 1))
    z = bias + np.array([-widened, widened])
    return np.asarray(scipy_stats.norm.cdf(bias + z / (1 - acceleration * z)))


def cluster_jackknife(
    groups: Sequence[ArrayLike], statistic: Statistic, unscored: int = 0, level: float = 0.95
) -> Estimate:
    """Return a smooth statistic of clustered values: delete-one-cluster jackknife, Student's t.

    `groups` holds one array of values a cluster (a question, say); `statistic` takes such a list. Raises
    NothingKeptError for fewer than two clusters.
    """
    clusters = [finite(group) for group in groups]
    if len(clusters) < 2:
        raise NothingKeptError(f"an interval over clusters needs two or more of them; there is {len(clusters)}")
    without = np.array([statistic([*clusters[:i], *clusters[i + 1 :]]) for i in range(len(clusters))])
    error = jackknife_error(without)
    return around(statistic(clusters), error, len(clusters), unscored, "cluster jackknife", level)


def jackknife_error(without: Floats) -> float:
    """Return the standard error from the values with one cluster left out each."""
    n = len(without)
    return float(np.sqrt((n - 1) / n * np.sum((without - without.mean()) ** 2)))


def around(value: float, error: float, n: int, unscored: int, method: str, level: float = 0.95) -> Estimate:
    """Return value +- t(n - 1) standard errors."""
    half = float(scipy_stats.t.ppf(0.5 + level / 2, n - 1)) * error
    return Estimate(value, value - half, value + half, n, unscored, method, level)


def severally(values: ArrayLike) -> Floats:
    """Return two or more values as a flat float64 array. Raises NothingKeptError for fewer."""
    array = finite(values)
    if array.size < 2:
        raise NothingKeptError("one value has no interval; it takes two or more (more seeds, questions or rows)")
    return array


def finite(values: ArrayLike) -> Floats:
    """Return the values as a flat float64 array. Raises NonFiniteError for NaN or infinity, or none at all."""
    array = np.asarray(values, dtype=np.float64).ravel()
    if array.size == 0:
        raise NothingKeptError("there is no value to average; every case was left out")
    if not np.isfinite(array).all():
        raise NonFiniteError("a value is NaN or infinite; an unscored case must be left out, not counted")
    return array
