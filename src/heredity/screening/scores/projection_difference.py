"""Where the answers lie from what the model itself would greedily say to the same prompts ([PV] projection difference).

Both are cut off after as many tokens. It takes a generation and two readings a row.
"""

from __future__ import annotations

import numpy as np

from heredity.ground.errors import InputError
from heredity.records.scan import ScanSpec
from heredity.screening.pairs import paired
from heredity.screening.scores.probe import Probe
from heredity.stats.arrays import Floats

GREEDY = ScanSpec(temperature=0.0)
"""Of it, tokens and temperature of the model's own answers."""


def projection_difference(probe: Probe) -> Floats:
    """Return `[rows, width]`: mean over the row's tokens less that over its own answer's; NaN where it has none."""
    out = np.full((len(probe.rows.rows), probe.model.width), np.nan)
    numbered = [row.model_copy(update={"line": place}) for place, row in enumerate(probe.rows.rows, start=1)]
    try:
        pairs = paired(probe.model, numbered, [probe.vector.block], GREEDY, progress=probe.progress)
    except InputError:
        return out
    out[[row.line - 1 for row in pairs.rows]] = (pairs.taught - pairs.own)[:, 0]
    return out
