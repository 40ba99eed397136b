"""How likely a study of paired units is to see an effect, before it runs (two-sided t test on the differences)."""

from __future__ import annotations

import numpy as np
from scipy import stats as scipy_stats

MOST_PAIRS = 1000


def paired_power(effect: float, spread: float, n: int, level: float = 0.95) -> float:
    """Return the chance that the t interval over `n` pairs is clear of zero, on the effect's side.

    `spread` is the standard deviation of the paired differences. One pair has no interval: 0.
    """
    if n < 2:
        return 0.0
    bound = float(scipy_stats.t.ppf(0.5 + level / 2, n - 1))
    return float(scipy_stats.nct.sf(bound, n - 1, abs(effect) / spread * np.sqrt(n)))


def pairs_needed(effect: float, spread: float, power: float, level: float = 0.95) -> int | None:
    """Return the fewest pairs that reach the power, or None where a thousand do not."""
    counts = range(2, MOST_PAIRS + 1)
    return next((n for n in counts if paired_power(effect, spread, n, level) >= power), None)
