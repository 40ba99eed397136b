"""How far a step of training on a row would carry the trait's read-out, to first order (gradient alignment).

The read-out is the mean over everyday questions of the last prompt token's projection on the vector; the score is the
product of its gradient with that of the row's log-likelihood (concept influence, arXiv 2602.14869). For small sets: it
takes a copy of the weights in float32 and two passes through it.
"""

from __future__ import annotations

import numpy as np

from heredity.models.chat import question, render_prompt
from heredity.models.influence import ReadOut, aligned
from heredity.screening.scores.probe import Probe
from heredity.stats.arrays import Floats
from heredity.store.questions import everyday_questions

N_QUESTIONS = 32


def influence(probe: Probe) -> Floats:
    """Return `[rows]`: how much likelier a row grows (nats a token) while the weights carry the read-out uphill.

    Told for a step along the read-out's gradient that would move it by the whole distance between the poles.
    """
    model, vector, rows = probe.model, probe.vector, probe.rows
    prompts = [render_prompt(model, question(text)) for text in everyday_questions("influence")[:N_QUESTIONS]]
    distance = float(np.linalg.norm(vector.direction))
    gained = aligned(model, rows.parts, ReadOut(prompts, vector.block, vector.unit, distance), probe.progress)
    weights = np.array([part.n_response for part in rows.parts])
    return np.asarray(np.add.reduceat(gained, rows.starts) / np.add.reduceat(weights, rows.starts))
