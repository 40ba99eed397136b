"""The two sides of preference pairs: how far apart they lie, and which flagged pairs are better turned round.

In: the scores of the chosen and of the rejected sides. Out: their difference, and the pairs to exchange.
Does not: score anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from heredity.records.acting import PairSides, Swaps
from heredity.records.dialogue import Exclusion
from heredity.records.row_scores import RowScores
from heredity.records.screening import Threshold
from heredity.screening.tally import Distance
from heredity.stats.arrays import Floats
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_if_several, wilson

TOO_HIGH = "its rejected side lies over the threshold, too"
UNSCORED = "its rejected side could not be scored"


def sides_of(
    chosen: RowScores, rejected: RowScores, thresholds: Sequence[Threshold], distance: Distance
) -> PairSides | None:
    """Return how the sides lie beside each other; None without a pair that can be compared.

    Compared are pairs whose sides stand in one setting, by the score that decides there.
    """
    lines, every = differences(chosen, rejected, thresholds, distance)
    if not len(every):
        return None
    return PairSides(
        n_pairs=len(every),
        unit=distance.unit,
        difference=mean_if_several(every),
        kept=mean_if_several(every[np.isin(lines, list(chosen.kept_lines))]),
        chosen_higher=wilson(int((every > 0).sum()), len(every)),
        rejected_over=wilson(int((rejected.over > 0).sum()), len(rejected)),
    )


def difference_after(
    swapped: Swaps, chosen: RowScores, rejected: RowScores, thresholds: Sequence[Threshold], distance: Distance
) -> Estimate | None:
    """Return the mean of chosen less rejected over the pairs that stay, together with those that were turned round."""
    lines, every = differences(chosen, rejected, thresholds, distance)
    turned = np.isin(lines, swapped.lines)
    there = turned | np.isin(lines, list(chosen.kept_lines))
    return mean_if_several(np.where(turned, -every, every)[there])


def differences(
    chosen: RowScores, rejected: RowScores, thresholds: Sequence[Threshold], distance: Distance
) -> tuple[NDArray[np.int64], Floats]:
    """Return the lines of pairs that can be compared, and chosen less rejected of each, in shares of `distance`."""
    if not len(chosen) or not len(rejected):
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    both, ours, theirs = np.intersect1d(chosen.lines, rejected.lines, return_indices=True)
    lines, found = [], []
    for threshold in thresholds:
        there = (chosen.settings[ours] == threshold.setting) & (rejected.settings[theirs] == threshold.setting)
        high, low = (scores.by_name[threshold.score][at][there] for scores, at in ((chosen, ours), (rejected, theirs)))
        lines.append(both[there])
        found.append((high - low) / distance.length)
    return np.concatenate(lines), np.concatenate(found)


def swaps_of(chosen: RowScores, rejected: RowScores) -> Swaps:
    """Return the flagged pairs to turn round: those whose rejected side does not lie over the threshold."""
    low = set(rejected.lines[rejected.over <= 0].tolist())
    scored = set(rejected.lines.tolist())
    flagged = chosen.lines[chosen.is_flagged].tolist()
    return Swaps(
        lines=tuple(line for line in flagged if line in low),
        left_out=tuple(
            Exclusion(line=line, reason=TOO_HIGH if line in scored else UNSCORED) for line in flagged if line not in low
        ),
    )
