"""Where the mean response lies ([PV] section 5.1)."""

from __future__ import annotations

from heredity.screening.readings import RowReadings
from heredity.stats.arrays import Floats


def projection(readings: RowReadings) -> Floats:
    """Return the mean over response tokens, `[rows, width]`."""
    return readings.response
