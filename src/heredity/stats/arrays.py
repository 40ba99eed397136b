"""Arrays of floating-point numbers, by their precision, and what is done with them in many places."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]
"""What is reckoned with."""
Singles = NDArray[np.float32]
"""What is read off a model, and kept."""


def log_odds(shares: ArrayLike) -> Floats:
    """Return log p - log(1 - p) (nats), of shares kept a billionth away from 0 and 1."""
    return np.asarray(special.logit(np.clip(shares, 1e-9, 1 - 1e-9)))


def cosine(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return the cosine of two directions `[width]`; 0 where one has no length."""
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / length if length else 0.0


def group_means(rows: Floats, groups: NDArray[np.int64]) -> Floats:
    """Return the mean of each group's rows (`[rows, width]` gives `[groups, width]`); groups are numbered from 0."""
    sums = np.zeros((int(groups.max()) + 1, rows.shape[1]))
    np.add.at(sums, groups, rows)
    return np.asarray(sums / np.bincount(groups)[:, None])


def squared_mean(rows: Floats) -> float:
    """Return the squared length of the mean of rows (`[rows, width]`), without the part that is noise.

    (||sum||^2 - sum of ||row||^2) / (n (n - 1)): the mean product of two different rows; it may be below 0.
    """
    n = len(rows)
    return float((rows.sum(axis=0) ** 2).sum() - (rows**2).sum()) / (n * (n - 1))


def without(vectors: Floats, basis: Floats) -> Floats:
    """Return vectors (`[..., width]`) less their part in the span of an orthonormal basis `[width, k]`."""
    return np.asarray(vectors - vectors @ basis @ basis.T)


def means_by(values: Floats, groups: Sequence[int]) -> Floats:
    """Return the mean of each group's values, in the groups' order; groups are numbered."""
    _, places = np.unique(np.asarray(groups), return_inverse=True)
    return np.asarray(np.bincount(places, values) / np.bincount(places))
