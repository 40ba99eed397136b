"""What a scan tells after a few seconds, while the model has yet to answer the rows' own prompts.

In: some rows, and how the model answers everyday questions, where that is known. Out: one line for whoever waits.
Does not: test anything; rows on other subjects than everyday ones lie elsewhere for that alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heredity.ground.progress import Progress
from heredity.ground.sequences import spread
from heredity.models.model import Model
from heredity.records.dialogue import Row
from heredity.records.vector import TraitVector
from heredity.screening.pairs import Pairs, cut, readings, shortened
from heredity.screening.readings import fitted
from heredity.screening.shifts import along
from heredity.screening.space import Space, blocks_at
from heredity.store.known_manner import known_manner

N_ROWS, N_TOKENS, N_TOLD = 24, 48, 3
"""Rows that are looked at, tokens of each, and traits that are told."""


def first_look(model: Model, rows: Sequence[Row], vectors: Sequence[TraitVector], progress: Progress) -> None:
    """Tell which traits some rows lie furthest along, beside everyday answers; nothing where these are not known."""
    blocks = blocks_at(model.n_blocks)
    usual = known_manner(model.fingerprint, blocks)
    fit = fitted(model, [shortened(row) for row in spread(rows, N_ROWS)])
    if usual is None or not fit.rows:
        return
    parts = [cut(part, N_TOKENS) for part in fit.parts]
    taught, prompt = readings(model, parts, blocks, fit.starts, progress)
    everyday = np.broadcast_to(usual[1::2].mean(axis=0), taught.shape)
    n_tokens = np.add.reduceat(np.array([part.n_response for part in parts]), fit.starts)
    space = Space(Pairs(fit.rows, blocks, taught, everyday, prompt, n_tokens, answers=()), usual)
    means = {one.header.trait.name: float(along(space.differences, space.direction(one)).mean()) for one in vectors}
    furthest = sorted(means, key=lambda name: -abs(means[name]))[:N_TOLD]
    said = ", ".join(f"{name} {means[name]:+.2f}" for name in furthest)
    progress.note(
        f"a first look at {len(fit.rows)} rows beside everyday answers: {said} of the distance between the poles. "
        "Nothing is tested yet, and their subject alone may do this: now the model answers the rows' own prompts."
    )
