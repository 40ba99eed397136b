"""Counts in bins, on either side of a threshold."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from heredity.records.screening import Histogram
from heredity.report.kit.theme import COLOURS, Rows

OUTSIDE, OVER = COLOURS["not over"], COLOURS["over"]
"""Colours of the rows on either side of the threshold."""


def bins(scores: Sequence[float], threshold: float, step: float) -> Rows:
    """Return counts in bins that are open below and closed above, one of them ending at the threshold.

    A score at the threshold itself is therefore, as in the screen, not over it.
    """
    counts = Counter(math.ceil((score - threshold) / step) - 1 for score in scores)
    return drawn(Histogram(step=step, counts=counts), threshold)


def drawn(histogram: Histogram, threshold: float) -> Rows:
    """Return the bins of a histogram, which counts from its threshold, where they lie."""
    step = histogram.step
    return [
        {
            "from": threshold + index * step,
            "to": threshold + (index + 1) * step,
            "rows": count,
            "colour": OVER if index >= 0 else OUTSIDE,
        }
        for index, count in sorted(histogram.counts.items())
    ]
