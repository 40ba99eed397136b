"""What can be said of rows without any direction: how long they are, how unlikely, and how rare their words.

A detector that does no better than these has found nothing of its own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from heredity.ground.progress import SILENCE, Progress
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.records.dialogue import Row
from heredity.screening.readings import Fitting
from heredity.stats.arrays import Floats
from heredity.stats.words import words_of


def baselines(
    model: Model, rows: Fitting, benign: Sequence[Row], lines: Sequence[int], progress: Progress = SILENCE
) -> Mapping[str, Floats]:
    """Return every baseline's score of the rows of these lines, in their order; higher is worse.

    length: response tokens. loss: mean -log p of a response token under the model (nats). rare words: mean -log of
    their share among the words of benign rows, each counted once more than it stands there (nats).
    """
    found = log_likelihood(model, rows.parts, label="baselines", progress=progress)
    n_tokens = np.add.reduceat(found.n_tokens, rows.starts).astype(np.float64)
    loss = -np.add.reduceat(found.total, rows.starts) / n_tokens
    rarity = rarity_of([row.response for row in rows.rows], [row.response for row in benign])
    place = {row.line: i for i, row in enumerate(rows.rows)}
    order = [place[line] for line in lines]
    return {"length": n_tokens[order], "loss": loss[order], "rare words": rarity[order]}


def rarity_of(texts: Sequence[str], usual: Sequence[str]) -> Floats:
    """Return how rare each text's words are among the usual texts' (nats a word); 0 for a text without words."""
    counts = Counter(word for text in usual for word in words_of(text))
    n_all = sum(counts.values()) + len(counts) + 1
    means = [
        float(np.mean([math.log(n_all / (counts[word] + 1)) for word in words])) if (words := words_of(text)) else 0.0
        for text in texts
    ]
    return np.array(means)
