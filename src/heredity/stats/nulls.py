"""What a detector would score by luck."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def matched_directions(activations: NDArray[np.floating], n: int, seed: int) -> Floats:
    """Return `[n, width]` random directions with the covariance of `activations` (`[rows, width]`).

    Each is a Gaussian mixture of the centred rows, so its covariance is the sample's own, without forming the
    matrix; isotropic directions would be too easy a null in so anisotropic a space.
    """
    rows = np.asarray(activations, dtype=np.float64)
    centred = rows - rows.mean(axis=0)
    mixture = np.random.default_rng(seed).standard_normal((n, len(rows)))
    return np.asarray(mixture @ centred / np.sqrt(max(len(rows) - 1, 1)))


def swapped_poles(n_questions: int, n: int, seed: int) -> Floats:
    """Return `[n, n_questions]` of +1 and -1: which questions have their two poles exchanged."""
    return np.random.default_rng(seed).choice(np.array([-1.0, 1.0]), size=(n, n_questions))


def upper_bound(null_values: NDArray[np.floating], level: float = 0.975) -> float:
    """Return the null's upper bound, the figure a real detector has to beat."""
    return float(np.quantile(null_values, level))
