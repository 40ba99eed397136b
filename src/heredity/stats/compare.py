"""Paired comparisons of two arms that answered the same questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from heredity.ground.errors import MismatchError
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import cluster_bootstrap

Scores = Mapping[str, Sequence[float]]


def paired_difference(treated: Scores, control: Scores, seed: int) -> Estimate:
    """Return mean(treated) - mean(control), paired by cluster, with an interval over clusters.

    Both map a cluster's name to its scores; clusters that only one arm has are counted as unscored.
    Raises MismatchError when they share none.
    """
    shared = shared_clusters(treated, control)
    rows = [[_mean(treated[name]) - _mean(control[name])] for name in shared]
    lost = len(set(treated) | set(control)) - len(shared)
    return cluster_bootstrap(rows, lambda drawn: float(np.mean(drawn)), seed, lost)


def share_removed(base: Scores, plain: Scores, defended: Scores, seed: int) -> Estimate:
    """Return (plain - defended) / (plain - base): the share of a rise that a defence removed.

    Above 1 the defended arm ends below the base. The interval resamples clusters; where a resample shows no
    rise, the share is undefined and the resample left out.
    """
    shared = [name for name in shared_clusters(base, plain) if name in defended]
    rows = [[_mean(base[name]), _mean(plain[name]), _mean(defended[name])] for name in shared]

    def share(drawn: list[np.ndarray]) -> float:
        start, risen, held = np.mean(drawn, axis=0)
        return float((risen - held) / (risen - start)) if risen > start else float("nan")

    return cluster_bootstrap(rows, share, seed)


def shared_clusters(first: Scores, second: Scores) -> list[str]:
    """Return the names both arms scored, sorted. Raises MismatchError when there is none."""
    shared = sorted(name for name in first if name in second and len(first[name]) and len(second[name]))
    if not shared:
        raise MismatchError("the two arms share no scored question; evaluate both with the same questions")
    return shared


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
