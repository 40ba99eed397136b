"""Thresholds with a promise: what a further case of the same kind passes no more often than was asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from heredity.ground.errors import InputError
from heredity.stats.arrays import Floats

TOP_SHARE = 0.25
"""Share of the cases that a tail is fitted to."""
MIN_TOP = 5
"""Fewer cases fit no tail."""


def cases_needed(rate: float) -> int:
    """Return how many cases a threshold at this rate takes: the fewest n with (n + 1)(1 - rate) <= n."""
    return int(np.ceil(1 / rate - 1 - 1e-9))


def conformal_threshold(scores: ArrayLike, rate: float, what: str = "benign cases") -> float:
    """Return the score that a further case exceeds with probability at most `rate`, over draws of all of them.

    It is the k-th smallest of n scores, k = ceil((n + 1)(1 - rate)) (Vovk's split conformal bound): 1/(n + 1) of the
    cases at the most lie between the rate asked for and the rate kept. Raises InputError when n is too small.
    """
    values = np.sort(np.asarray(scores, dtype=np.float64).ravel())
    k = int(np.ceil((len(values) + 1) * (1 - rate) - 1e-9))
    if k > len(values):
        raise InputError(
            f"{len(values)} {what} cannot set a threshold at a false-alarm rate of {rate:g}; it takes "
            f"{cases_needed(rate)}: give more, or ask for a higher rate"
        )
    return float(values[k - 1])


def mean_excess(scores: ArrayLike) -> float:
    """Return by how much the highest quarter of the scores exceeds the next one below it, on average.

    It is the scale of an exponential tail (its maximum-likelihood estimate above a threshold); a normal tail falls
    faster, so that what is extrapolated by it errs upwards.
    """
    values = np.sort(np.asarray(scores, dtype=np.float64).ravel())
    n_top = min(len(values) - 1, max(MIN_TOP, int(len(values) * TOP_SHARE)))
    if n_top < 1:
        return 0.0
    return float((values[-n_top:] - values[-n_top - 1]).mean())


def rises(stretches: Sequence[int] | NDArray[np.int64], scale: float) -> Floats:
    """Return how far a threshold must rise in the k-th stretch (k from 1), `scale` being that of the tail.

    Of the whole rate the k-th stretch spends 1 / (k (k + 1)): half in the first, and never more than all of it,
    however many follow (a union bound over stretches; their dependence does not matter). On an exponential tail the
    threshold of a rate r lies scale * ln(r_1 / r) above that of the rate r_1.
    """
    k = np.asarray(stretches, dtype=np.float64)
    return np.asarray(scale * np.log(k * (k + 1) / 2))


def share_spent(stretch: int) -> float:
    """Return the share of the whole rate that is spent up to the end of the k-th stretch."""
    return stretch / (stretch + 1)
