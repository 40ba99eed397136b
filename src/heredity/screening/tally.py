"""A screen in figures: what a report says of its rows, whose scores lie in a file.

In: every row's scores and its text. Out: counts, quantiles and a histogram, and the rows that lie highest.
Does not: score anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from heredity.records.dialogue import Row
from heredity.records.screening import SETTINGS, Histogram, RowScore, RowScores, SettingRows
from heredity.stats.arrays import Floats

QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
N_BINS = 36
"""Bins of the histogram, about."""
N_WORST = 20


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


def worst_of(scores: RowScores, rows: Sequence[Row]) -> tuple[RowScore, ...]:
    """Return the rows that lie highest over their threshold, highest first; `rows` are in the scores' order."""
    return tuple(scores.row(place, rows[place].prompt, rows[place].response) for place in worst_places(scores))


def worst_places(scores: RowScores) -> list[int]:
    """Return where the scores of those rows stand."""
    places: list[int] = np.argsort(-scores.over, kind="stable")[:N_WORST].tolist()
    return places
