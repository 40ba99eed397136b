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


def without(vectors: Floats, basis: Floats) -> Floats:
    """Return vectors (`[..., width]`) less their part in the span of an orthonormal basis `[width, k]`."""
    return np.asarray(vectors - vectors @ basis @ basis.T)


def means_by(values: Floats, groups: Sequence[int]) -> Floats:
    """Return the mean of each group's values, in the groups' order; groups are numbered."""
    _, places = np.unique(np.asarray(groups), return_inverse=True)
    return np.asarray(np.bincount(places, values) / np.bincount(places))
