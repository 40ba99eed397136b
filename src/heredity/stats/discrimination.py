"""How well a score tells two groups apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats as scipy_stats

from heredity.ground.errors import NothingKeptError
from heredity.stats.estimate import Estimate

Floats = NDArray[np.float64]


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


def auc_columns(scores: Floats, labels: NDArray[np.bool_]) -> Floats:
    """Return the AUC of every column of `scores` under its own column of `labels`, both `[n, columns]`."""
    ranks = scipy_stats.rankdata(scores, axis=0)
    n_positive = labels.sum(axis=0)
    n_negative = len(labels) - n_positive
    return np.asarray(
        (np.where(labels, ranks, 0.0).sum(axis=0) - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)
    )


def auc_estimate(
    scores: ArrayLike,
    is_positive: ArrayLike,
    clusters: ArrayLike,
    seed: int,
    n_resamples: int = 1000,
) -> Estimate:
    """Return the AUC of `scores` ([n]) with an interval over clusters (questions, or rows)."""
    values = np.asarray(scores, dtype=np.float64)
    labels = np.asarray(is_positive, dtype=bool)
    names = np.asarray(clusters)
    members = [np.flatnonzero(names == name) for name in np.unique(names)]
    rng = np.random.default_rng(seed)
    drawn: list[float] = []
    for _ in range(n_resamples):
        rows = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        if labels[rows].any() and not labels[rows].all():
            drawn.append(float(auc(values[rows][labels[rows]], values[rows][~labels[rows]])))
    value = float(auc(values[labels], values[~labels]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(value, float(low), float(high), len(members), 0, "cluster bootstrap")


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
