"""How uncertain a distribution is, and how far two of them lie apart (nats)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heredity.stats.arrays import Floats

Logs = NDArray[np.float32] | Floats
"""log p along the last axis; -inf where p is 0."""


def entropy(log_p: Logs) -> Floats:
    """Return -sum p log p along the last axis."""
    return -_expected(log_p, log_p)


def divergence(log_p: Logs, log_q: Logs) -> Floats:
    """Return KL(p || q) = sum p (log p - log q) along the last axis; infinite where q has none of what p has."""
    with np.errstate(invalid="ignore"):
        return _expected(log_p, log_p - log_q)


def _expected(log_p: Logs, values: Logs) -> Floats:
    p = np.exp(log_p.astype(np.float64))
    return np.asarray(np.where(p > 0, p * np.where(p > 0, values, 0.0), 0.0).sum(axis=-1))
