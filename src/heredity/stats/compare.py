"""Paired comparisons of two arms that answered the same questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats as scipy_stats

from heredity.ground.errors import MismatchError
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import cluster_mean

Scores = Mapping[str, Sequence[float]]


def paired_difference(treated: Scores, control: Scores, seed: int) -> Estimate:
    """Return mean(treated) - mean(control), paired by cluster, with an interval over clusters.

    Both map a cluster's name to its scores; clusters that only one arm has are counted as unscored. Where every cluster
    is right or wrong, 1 or 0, in both arms, the interval is that of a difference of paired shares.
    Raises MismatchError when they share none, NothingKeptError when they share one only.
    """
    differences = differences_of(treated, control)
    lost = len(set(treated) | set(control)) - len(differences)
    means = [_mean(arm[name]) for arm in (treated, control) for name in differences]
    if len(differences) > 1 and set(means) <= {0.0, 1.0}:
        return paired_shares(np.array(list(differences.values())), lost)
    return cluster_mean([[value] for value in differences.values()], seed, lost)


def paired_shares(differences: NDArray[np.float64], unscored: int = 0, level: float = 0.95) -> Estimate:
    """Return the mean of differences `[n]`, each -1, 0 or 1: of two shares of the same questions.

    Half a pair is added to each of the four kinds there are before Wald's interval is taken (Agresti and Min 2005,
    Statistics in Medicine 24:729), so that arms that never differ are not told to be the same for certain.
    """
    n = len(differences)
    gained, lost = float((differences > 0).sum()), float((differences < 0).sum())
    middle = (gained - lost) / (n + 2)
    error = float(np.sqrt(gained + lost + 1 - (gained - lost) ** 2 / (n + 2))) / (n + 2)
    half = float(scipy_stats.norm.ppf(0.5 + level / 2)) * error
    low, high = max(-1.0, middle - half), min(1.0, middle + half)
    return Estimate((gained - lost) / n, low, high, n, unscored, "Agresti-Min", level)


def differences_of(treated: Scores, control: Scores) -> dict[str, float]:
    """Return mean(treated) - mean(control) of every cluster that both scored. Raises MismatchError for none."""
    return {name: _mean(treated[name]) - _mean(control[name]) for name in shared_clusters(treated, control)}


def share_removed(base: Scores, plain: Scores, defended: Scores) -> Estimate | None:
    """Return (plain - defended) / (plain - base): the share of a rise that a defence removed.

    Above 1 the defended arm ends below the base. The interval over clusters is Fieller's (1954) for a ratio of two
    means, with Student's t; None where it has no end, since the rise itself is not clear of zero.
    """
    shared = [name for name in shared_clusters(base, plain) if defended.get(name)]
    removed = np.array([_mean(plain[name]) - _mean(defended[name]) for name in shared])
    rise = np.array([_mean(plain[name]) - _mean(base[name]) for name in shared])
    return ratio_of_means(removed, rise)


def ratio_of_means(over: NDArray[np.float64], under: NDArray[np.float64], level: float = 0.95) -> Estimate | None:
    """Return mean(over) / mean(under) of paired values `[n]` with Fieller's interval, None where it has no end.

    It holds the ratios r for which mean(over) - r mean(under) is not told from zero by Student's t.
    """
    n = len(over)
    if n < 2:
        return None
    bound = float(scipy_stats.t.ppf(0.5 + level / 2, n - 1)) ** 2 / n
    (above, shared), (_, below) = np.cov(over, under)
    top, bottom = float(over.mean()), float(under.mean())
    square, cross, rest = bottom**2 - bound * below, top * bottom - bound * shared, top**2 - bound * above
    if square <= 0:
        return None
    spread = float(np.sqrt(max(0.0, cross**2 - square * rest)))
    return Estimate(top / bottom, (cross - spread) / square, (cross + spread) / square, n, 0, "Fieller", level)


def shared_clusters(first: Scores, second: Scores) -> list[str]:
    """Return the names both arms scored, sorted. Raises MismatchError when there is none."""
    shared = sorted(name for name in first if name in second and len(first[name]) and len(second[name]))
    if not shared:
        raise MismatchError("the two arms share no scored question; evaluate both with the same questions")
    return shared


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
