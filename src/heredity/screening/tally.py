"""A screen in figures: what a report says of its rows, whose scores lie in a file.

In: every row's scores and its text. Out: counts, quantiles and a histogram, and the rows that lie highest.
Does not: score anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heredity.ground.hashing import seed_from
from heredity.records.acting import POLES
from heredity.records.dialogue import Row
from heredity.records.row_scores import RowScores
from heredity.records.screening import SETTINGS, Expected, Histogram, RowScore, SettingRows, Threshold
from heredity.stats.arrays import Floats
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import around

QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
N_BINS = 36
"""Bins of the histogram, about."""
N_WORST = 20


@dataclass(frozen=True)
class Distance:
    """What shifts of rows are told in."""

    length: float
    unit: str = POLES


def settings_of(scores: RowScores) -> tuple[SettingRows, ...]:
    """Return the rows of every setting that has some, in figures."""
    return tuple(
        SettingRows(
            setting=setting,
            n_rows=int(there.sum()),
            n_flagged=int(scores.is_flagged[there].sum()),
            median_tokens=float(np.median(scores.n_tokens[there])),
            over=dict(zip(QUANTILES, np.quantile(scores.over[there], QUANTILES).tolist(), strict=True)),
        )
        for setting in SETTINGS
        if (there := scores.settings == setting).any()
    )


def histogram_of(over: Floats, benign: Sequence[float]) -> Histogram:
    """Return how many rows lie how far over their threshold, in bins that suit the benign rows as well."""
    every = [float(over.min()), float(over.max()), *benign, 0.0]
    step = (max(every) - min(every)) / N_BINS or 1.0
    counts = Counter((np.ceil(over / step) - 1).astype(int).tolist())
    return Histogram(step=step, counts=dict(sorted(counts.items())))


def expected_of(scores: RowScores, thresholds: Sequence[Threshold], distance: Distance, seed: str) -> Expected:
    """Return how far all rows, the kept ones, and as many at random lie from benign ones, in shares of `distance`."""
    shifts, error = shifts_of(scores.settings, deciding(scores, thresholds), thresholds, distance)
    kept = scores.is_kept
    drawn = np.random.default_rng(seed_from(seed, "kept at random")).permutation(len(kept))[: int(kept.sum())]
    every, left, at_random = (_with_error(part, error) for part in (shifts, shifts[kept], shifts[drawn]))
    return Expected(every=every, kept=left, at_random=at_random, unit=distance.unit)


def expected_after(
    scores: RowScores, replaced: Mapping[int, float], thresholds: Sequence[Threshold], distance: Distance
) -> Estimate | None:
    """Return how far the kept rows lie together with those that have another score now, by line; None for fewer than 2.

    In shares of `distance`, as `expected_of` tells of the rows as they came.
    """
    new = np.isin(scores.lines, list(replaced))
    values = deciding(scores, thresholds)
    values[new] = [replaced[line] for line in scores.lines[new].tolist()]
    there = scores.is_kept | new
    if not there.any():
        return None
    return _with_error(*shifts_of(scores.settings[there], values[there], thresholds, distance))


def deciding(scores: RowScores, thresholds: Sequence[Threshold]) -> Floats:
    """Return every row's score by the one that decides in its setting."""
    values = np.empty(len(scores))
    for threshold in thresholds:
        there = scores.settings == threshold.setting
        if there.any():
            values[there] = scores.by_name[threshold.score][there]
    return values


def shifts_of(
    settings: NDArray[np.str_], values: Floats, thresholds: Sequence[Threshold], distance: Distance
) -> tuple[Floats, float]:
    """Return how far scores lie from the mean of the benign rows in their setting, and the squared error of that mean.

    Both in shares of `distance`; the error is that of a mean over all of these rows.
    """
    shifts, error = np.empty(len(values)), 0.0
    for threshold in thresholds:
        there = settings == threshold.setting
        benign = np.array((*threshold.scores, *threshold.held_out_scores))
        shifts[there] = (values[there] - benign.mean()) / distance.length
        error += float(there.mean() * benign.std(ddof=1) / np.sqrt(len(benign)) / distance.length) ** 2
    return shifts, error


def _with_error(values: Floats, error: float) -> Estimate | None:
    """Return the mean with an interval that has the benign mean's squared error in it; None for fewer than two."""
    if len(values) < 2:
        return None
    own = float(values.var(ddof=1)) / len(values)
    return around(float(values.mean()), float(np.sqrt(own + error)), len(values), 0, "t, with the benign mean's error")


def worst_of(scores: RowScores, rows: Sequence[Row]) -> tuple[RowScore, ...]:
    """Return the rows that lie highest over their threshold, highest first; `rows` are in the scores' order."""
    return tuple(scores.row(place, rows[place].prompt, rows[place].response) for place in worst_places(scores))


def worst_places(scores: RowScores) -> list[int]:
    """Return where the scores of those rows stand."""
    places: list[int] = np.argsort(-scores.over, kind="stable")[:N_WORST].tolist()
    return places
