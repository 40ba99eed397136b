"""On how many tokens the answers go the way of a teacher with the trait where one with its opposite would not.

Divergence tokens (arXiv 2509.23886): those that are the likeliest next token behind the prompt that asks for the trait
and not behind the one that asks for its opposite; as a share of a row's tokens, less the share of those the other way
round, so that what any two prompts of one template do falls out.
"""

from __future__ import annotations

import numpy as np

from heredity.models.likelihood import likeliest_next
from heredity.screening.scores.behind import behind
from heredity.screening.scores.probe import Probe
from heredity.stats.arrays import Floats


def divergence(probe: Probe) -> Floats:
    """Return `[rows]`, from -1 to 1; NaN for a row that does not fit behind both prompts."""
    found = behind(probe)
    if found is None:
        return np.full(len(probe.rows.rows), np.nan)
    label = f"divergence tokens of {probe.vector.header.trait.name}"
    sides = [likeliest_next(probe.model, parts, label=label, progress=probe.progress) for parts in found.sides]
    n_away = []
    for part, positive, negative in zip(found.sides[0], *sides, strict=True):
        said = np.array(part.ids[part.n_prompt :])
        n_away.append(float((positive == said).sum() - (negative == said).sum()))
    n_tokens = found.by_row([part.n_response for part in found.sides[0]])
    return found.among(found.by_row(n_away) / n_tokens, len(probe.rows.rows))
