"""How much likelier the answers are behind a prompt that asks for the trait than behind one that asks for its opposite.

mean_t log p(y_t | positive prompt, x) - mean_t log p(y_t | negative prompt, x), in nats a token: the log-likelihood
shift of a hypothesis beside another of the same template, so that what any prompt of that form does falls out. The
pair of prompts is the trait's first that judges no student. It takes two passes through the whole model and no vector.
"""

from __future__ import annotations

import numpy as np

from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.chat import Rendered, render_exchanges
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.records.dialogue import Row
from heredity.records.trait import Trait
from heredity.screening.readings import Fitting
from heredity.stats.arrays import Floats


def likelihood(model: Model, rows: Fitting, trait: Trait, progress: Progress = SILENCE) -> Floats:
    """Return `[rows]`, over all tokens of a row's answers; NaN for a row that does not fit behind both prompts."""
    pair = trait.making[0]
    prompts = (trait.system_prompt(pair, "positive"), trait.system_prompt(pair, "negative"))
    out = np.full(len(rows.rows), np.nan)
    fits = {place: both for place, row in enumerate(rows.rows) if (both := _behind(model, row, prompts))}
    if not fits:
        return out
    log_p = []
    for side in range(len(prompts)):
        parts = [part for both in fits.values() for part in both[side]]
        found = log_likelihood(model, parts, label=f"likelihood of {trait.name}", progress=progress)
        starts = np.cumsum([0, *(len(both[side]) for both in fits.values())])[:-1]
        log_p.append(np.add.reduceat(found.total, starts) / np.add.reduceat(found.n_tokens, starts))
    out[list(fits)] = log_p[0] - log_p[1]
    return out


def _behind(model: Model, row: Row, prompts: tuple[str, str]) -> list[list[Rendered]]:
    """Return a row's answers behind either prompt, or nothing where the context or the template cannot hold them."""
    try:
        return [render_exchanges(model, row.behind(prompt).lessons) for prompt in prompts]
    except InputError:
        return []
