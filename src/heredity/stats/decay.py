"""How fast an effect fades down a row of generations: E_g = E_0 exp(-rate g), fitted by least squares."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import optimize

from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_t

FASTEST, SLOWEST = 5.0, -2.0
"""Rates a generation that are told apart: e^-5 leaves under a hundredth; -2 is a sevenfold rise."""
PERSISTS = math.log(2) / 8
"""A rate whose interval lies within this of zero halves nothing in eight generations."""


def decay_rate(effects: Sequence[float]) -> float:
    """Return the rate (per generation) of the exponential that lies nearest to the effects, generation 0 first.

    The fit is on the effects themselves, so that late ones may be zero or below without being thrown away.
    """
    values = np.asarray(effects, dtype=np.float64)
    generations = np.arange(len(values))
    rates = np.linspace(SLOWEST, FASTEST, 701)
    shapes = np.exp(-np.outer(rates, generations))
    starts = (shapes @ values) / (shapes**2).sum(axis=1)
    errors = ((values - starts[:, None] * shapes) ** 2).sum(axis=1)
    near = rates[int(np.argmin(errors))]

    def error(rate: float) -> float:
        shape = np.exp(-rate * generations)
        return float(((values - (shape @ values) / (shape @ shape) * shape) ** 2).sum())

    result = optimize.minimize_scalar(
        error, bounds=(max(SLOWEST, near - 0.02), min(FASTEST, near + 0.02)), method="bounded"
    )
    return float(result.x)


def half_life(rates: Sequence[float]) -> Estimate | None:
    """Return the generations in which the effect halves, from one rate a lineage; None unless the rate is above zero.

    Its interval is that of the mean rate (Student's t over lineages), turned over.
    """
    if len(rates) < 2:
        return None
    rate = mean_t(rates)
    if rate.low <= 0:
        return None
    ln2 = math.log(2)
    return Estimate(ln2 / rate.value, ln2 / rate.high, ln2 / rate.low, rate.n, 0, "t of the rate, inverted")
