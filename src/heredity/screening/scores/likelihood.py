"""How much likelier the answers are behind a prompt that asks for the trait than behind one that asks for its opposite.

mean_t log p(y_t | positive prompt, x) - mean_t log p(y_t | negative prompt, x), in nats a token: the log-likelihood
shift of a hypothesis beside another of the same template, so that what any prompt of that form does falls out. The
pair of prompts is the trait's first that judges no student. It takes two passes through the whole model and no vector.
"""

from __future__ import annotations

import numpy as np

from heredity.models.likelihood import log_likelihood
from heredity.screening.scores.behind import behind
from heredity.screening.scores.probe import Probe
from heredity.stats.arrays import Floats


def likelihood(probe: Probe) -> Floats:
    """Return `[rows]`, over all tokens of a row's answers; NaN for a row that does not fit behind both prompts."""
    found = behind(probe)
    if found is None:
        return np.full(len(probe.rows.rows), np.nan)
    label = f"likelihood of {probe.vector.header.trait.name}"
    sides = [log_likelihood(probe.model, parts, label=label, progress=probe.progress) for parts in found.sides]
    positive, negative = (found.by_row(side.total) / found.by_row(side.n_tokens) for side in sides)
    return found.among(positive - negative, len(probe.rows.rows))
