"""Paired differences under luck: the largest of several means when the signs of all units are drawn anew."""

from __future__ import annotations

import numpy as np
from scipy import stats as scipy_stats

from heredity.stats.arrays import Floats

AT_ONCE = 500


def flipped_p(differences: Floats, n_flips: int, seed: int) -> Floats:
    """Return the p-value of every column's mean (`[units, columns]` gives `[columns]`), two-sided, over all columns.

    Max-t by sign flips (Westfall and Young 1993): one draw of signs turns a unit's differences in all columns alike, as
    they hang together. A column without any spread or mean has p 1.
    """
    n = len(differences)
    observed = np.abs(t_of(differences))
    chance = np.random.default_rng(seed)
    n_reached = np.zeros(observed.shape)
    for start in range(0, n_flips, AT_ONCE):
        signs = chance.choice([-1.0, 1.0], size=(min(AT_ONCE, n_flips - start), n))
        means = signs @ differences / n
        spread = np.sqrt(np.maximum((differences**2).mean(axis=0) - means**2, 0) * n / (n - 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            largest = np.nan_to_num(np.abs(means) / (spread / np.sqrt(n)), nan=0.0).max(axis=1)
        n_reached += (largest[:, None] >= observed - 1e-9).sum(axis=0)
    return np.asarray((1 + n_reached) / (1 + n_flips))


def flipped_sum_p(differences: Floats, n_flips: int, seed: int) -> float:
    """Return the p-value of all columns together (`[units, columns]`): of the sum of their squared t, by sign flips.

    Where many columns are a little off, this sees it before the largest of them does. Nothing that varies gives 1.
    """
    spread = np.sqrt((differences**2).mean(axis=0))
    scaled = differences[:, spread > 0] / spread[spread > 0]
    if not scaled.size:
        return 1.0
    observed, n_reached = float((scaled.mean(axis=0) ** 2).sum()), 0
    chance = np.random.default_rng(seed)
    for start in range(0, n_flips, AT_ONCE):
        signs = chance.choice([-1.0, 1.0], size=(min(AT_ONCE, n_flips - start), len(scaled)))
        n_reached += int((((signs @ scaled / len(scaled)) ** 2).sum(axis=1) >= observed - 1e-12).sum())
    return (1 + n_reached) / (1 + n_flips)


def flipped_length_p(differences: Floats, n_flips: int, seed: int) -> float:
    """Return the p-value of how long the mean of vectors is (`[units, width]`), by sign flips of whole units."""
    n = len(differences)
    observed, n_reached = float((differences.mean(axis=0) ** 2).sum()), 0
    inner, chance = differences @ differences.T, np.random.default_rng(seed)
    for start in range(0, n_flips, AT_ONCE):
        signs = chance.choice([-1.0, 1.0], size=(min(AT_ONCE, n_flips - start), n))
        lengths = np.einsum("fi,ij,fj->f", signs, inner, signs, optimize=True) / n**2
        n_reached += int((lengths >= observed * (1 - 1e-9)).sum())
    return (1 + n_reached) / (1 + n_flips)


def t_of(differences: Floats) -> Floats:
    """Return mean over standard error of every column; 0 where nothing differs."""
    error = differences.std(axis=0, ddof=1) / np.sqrt(len(differences))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.nan_to_num(differences.mean(axis=0) / error, nan=0.0, posinf=np.inf, neginf=-np.inf))


def units_needed(differences: Floats, level: float, power: float = 0.8) -> int | None:
    """Return how many units of this mean and spread tell it from 0, two-sided at a level; None for a mean of 0.

    n = ((z(1 - level / 2) + z(power)) s / m)^2.
    """
    mean, spread = float(differences.mean()), float(differences.std(ddof=1))
    if mean == 0:
        return None
    z = float(scipy_stats.norm.ppf(1 - level / 2) + scipy_stats.norm.ppf(power))
    return max(2, int(np.ceil((z * spread / mean) ** 2)))


def decided_after(log_ratios: Floats, level: float) -> int | None:
    """Return after how many units sum log(p / q) first reaches log(1 / level); None where it never does.

    Where q made the units, it ever does with at most that chance (Ville's inequality): one may look after every unit.
    """
    reached = np.flatnonzero(np.cumsum(log_ratios) >= np.log(1 / level))
    return int(reached[0]) + 1 if len(reached) else None
