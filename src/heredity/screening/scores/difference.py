"""Where the mean response lies from where its question left the model ([PV] appendix I)."""

from __future__ import annotations

from heredity.screening.readings import RowReadings
from heredity.stats.arrays import Floats


def difference(readings: RowReadings) -> Floats:
    """Return the mean over response tokens less the last prompt token, `[rows, width]`."""
    return readings.response - readings.last_prompt
