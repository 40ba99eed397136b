"""How well a score tells two groups apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from scipy import stats as scipy_stats

from heredity.ground.errors import NothingKeptError
from heredity.stats.arrays import Floats
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import jackknife_error


def auc(positive: ArrayLike, negative: ArrayLike) -> Floats:
    """Return the area under the ROC curve along the first axis, ties counted half.

    Shapes `[n_positive, ...]` and `[n_negative, ...]` give `[...]`. It is the Mann-Whitney U divided by
    n_positive * n_negative.
    """
    high = np.asarray(positive, dtype=np.float64)
    low = np.asarray(negative, dtype=np.float64)
    if len(high) == 0 or len(low) == 0:
        raise NothingKeptError("an AUC needs cases on both sides; one side is empty")
    ranks = scipy_stats.rankdata(np.concatenate([high, low]), axis=0)
    n, m = len(high), len(low)
    return np.asarray((ranks[:n].sum(axis=0) - n * (n + 1) / 2) / (n * m))


def separation(positive: ArrayLike, negative: ArrayLike) -> Floats:
    """Return how many deviations the groups' means lie apart (d'), along the first axis.

    (mean - mean) / sqrt((variance + variance) / 2). Where an AUC has reached 1 for good and for middling scores alike,
    this still tells them apart.
    """
    high, low = np.asarray(positive, dtype=np.float64), np.asarray(negative, dtype=np.float64)
    spread = np.sqrt((high.var(axis=0) + low.var(axis=0)) / 2)
    return np.asarray((high.mean(axis=0) - low.mean(axis=0)) / (spread + 1e-12))


def auc_columns(scores: Floats, labels: NDArray[np.bool_]) -> Floats:
    """Return the AUC of every column of `scores` under its own column of `labels`, both `[n, columns]`."""
    ranks = scipy_stats.rankdata(scores, axis=0)
    n_positive = labels.sum(axis=0)
    n_negative = len(labels) - n_positive
    return np.asarray(
        (np.where(labels, ranks, 0.0).sum(axis=0) - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)
    )


def auc_estimate(scores: ArrayLike, is_positive: ArrayLike, clusters: ArrayLike, unscored: int = 0) -> Estimate:
    """Return the AUC of `scores` ([n]) with an interval over clusters (questions, or rows).

    Delete-one-cluster jackknife of the log-odds, Student's t. Where the groups stand apart, or nearly, that says
    nothing of what was not seen: the interval is then never shorter than Newcombe's (2006, method 5) for as many
    independent cases a side as there are clusters with one. Raises NothingKeptError where a side is empty, or has one
    cluster only.
    """
    values, labels = np.asarray(scores, dtype=np.float64), np.asarray(is_positive, dtype=bool)
    names = np.unique(np.asarray(clusters), return_inverse=True)[1]
    value = float(auc(values[labels], values[~labels]))
    n_sides = min(len(np.unique(names[labels])), len(np.unique(names[~labels])))
    if n_sides < 2:
        raise NothingKeptError("the AUC of one cluster (a question, a row) on a side has no interval; it takes two")
    without = _without_each(values, labels, names)
    n, error = len(without), jackknife_error(logit(without, len(values)))
    half = float(scipy_stats.t.ppf(0.975, n - 1)) * error
    centre = float(logit(np.array(value), len(values)))
    low, high = special.expit([centre - half, centre + half])
    if min(value, 1 - value) * n_sides < 1:
        least = newcombe(value, n_sides)
        low, high = min(low, least[0]), max(high, least[1])
    return Estimate(
        value, float(min(low, value)), float(max(high, value)), n, unscored, "cluster jackknife of log-odds"
    )


def _without_each(values: Floats, labels: NDArray[np.bool_], names: NDArray[np.intp]) -> Floats:
    """Return the AUC with each cluster left out, for every cluster whose loss leaves both sides."""
    left = (names != name for name in range(int(names.max()) + 1))
    return np.array([float(auc(values[k & labels], values[k & ~labels])) for k in left if _both(labels[k])])


def _both(labels: NDArray[np.bool_]) -> bool:
    return bool(labels.any() and not labels.all())


def logit(share: Floats, n: int) -> Floats:
    """Return log-odds of shares of pairs of `n` cases, kept off 0 and 1 by half a case."""
    edge = 0.5 / n
    return np.asarray(special.logit(edge + (1 - 2 * edge) * share))


def newcombe(value: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of an AUC from `n` independent cases on either side (Newcombe 2006, method 5).

    It holds the values t with |value - t| <= z sqrt(V(t)), where
    V(t) = t (1 - t) [1 + (n - 1) ((1 - t) / (2 - t) + t / (1 + t))] / n^2.
    """
    z = float(scipy_stats.norm.ppf(0.5 + level / 2))
    grid = np.linspace(0, 1, 20_001)
    spread = grid * (1 - grid) * (1 + (n - 1) * ((1 - grid) / (2 - grid) + grid / (1 + grid))) / n**2
    held = grid[np.abs(value - grid) <= z * np.sqrt(spread) + 1e-12]
    return float(held.min()), float(held.max())


def answers_needed(positive: ArrayLike, negative: ArrayLike, error: float = 0.05) -> int | None:
    """Return how many answers must be averaged to tell the poles apart at `error` on both sides.

    Normal approximation: with means m and deviations s, a mean of k answers separates when
    z(1 - error) * (s_positive + s_negative) / sqrt(k) <= m_positive - m_negative. None when the means are the
    wrong way round: no number of answers will do.
    """
    high, low = np.asarray(positive, dtype=np.float64), np.asarray(negative, dtype=np.float64)
    gap = float(high.mean() - low.mean())
    if gap <= 0:
        return None
    quantile = float(scipy_stats.norm.ppf(1 - error))
    return max(1, int(np.ceil((quantile * float(high.std() + low.std()) / gap) ** 2)))
