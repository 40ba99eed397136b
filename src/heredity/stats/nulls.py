"""What a detector would score by luck. A null must not contain the signal that it is set against."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from heredity.stats.arrays import Floats

CHANCE = 0.025
"""A detector beats luck where luck does as well in no more than this share of draws."""


def matched_directions(activations: NDArray[np.floating], n: int, seed: int, groups: ArrayLike | None = None) -> Floats:
    """Return `[n, width]` random directions with the covariance of `activations` (`[rows, width]`) within groups.

    Each is a Gaussian mixture of the rows, less the mean of their group (`[rows]`; none: all are one), so its
    covariance is the sample's own, without forming the matrix; isotropic directions would be too easy a null in so
    anisotropic a space. Where the groups are what a detector is to tell apart, the covariance of all rows together
    would hold their difference, and random directions would follow it.
    """
    rows = np.array(activations, dtype=np.float64)
    names = np.zeros(len(rows)) if groups is None else np.asarray(groups)
    distinct = np.unique(names)
    for name in distinct:
        rows[names == name] -= rows[names == name].mean(axis=0)
    mixture = np.random.default_rng(seed).standard_normal((n, len(rows)))
    return np.asarray(mixture @ rows / np.sqrt(max(len(rows) - len(distinct), 1)))


def swapped_poles(n_questions: int, n: int, seed: int) -> Floats:
    """Return `[n, n_questions]` of +1 and -1: which questions have their two poles exchanged."""
    return np.random.default_rng(seed).choice(np.array([-1.0, 1.0]), size=(n, n_questions))


def upper_bound(null_values: NDArray[np.floating], level: float = 0.975) -> float:
    """Return the null's upper bound, for people to see beside a detector's figure."""
    return float(np.quantile(null_values, level))


def p_value(observed: float, null_values: NDArray[np.floating]) -> float:
    """Return (1 + number of null values >= observed) / (1 + n): ties count against the detector.

    Davison & Hinkley (1997), equation 4.11.
    """
    values = np.asarray(null_values)
    return float((1 + np.sum(values >= observed - 1e-12)) / (1 + len(values)))
