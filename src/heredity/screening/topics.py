"""What rows are about: groups of prompts that the model reads alike, named by their most telling words."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

from heredity.ground.hashing import seed_from
from heredity.records.scan import ScanSpec, Topic
from heredity.screening.pairs import Pairs
from heredity.stats.arrays import Floats
from heredity.stats.words import telling, words_of

LEAST_ROWS = 8
"""Rows of a topic, on average."""
N_AXES = 16
"""Principal axes of the prompts' activations that groups are sought along."""
N_WORDS = 3
LEAST_LETTERS = 3


def topics(pairs: Pairs, spec: ScanSpec, seed: str) -> tuple[tuple[Topic, ...], NDArray[np.int64]]:
    """Return the topics, the largest first, and each row's place among them. Few rows are all of one topic."""
    n_topics = min(spec.n_topics, len(pairs.rows) // LEAST_ROWS)
    labels = [0] * len(pairs.rows)
    if n_topics > 1 and pairs.prompt.std() > 0:
        chance = np.random.default_rng(seed_from(seed, "topics"))
        labels = kmeans2(axes_of(pairs.prompt), n_topics, minit="++", rng=chance, missing="warn")[1].tolist()
    order = [group for group, _ in Counter(labels).most_common()]
    places = np.array([order.index(label) for label in labels], dtype=np.int64)
    words = telling([words_of(row.prompt, LEAST_LETTERS) for row in pairs.rows], places.tolist(), N_WORDS)
    counts = np.bincount(places, minlength=len(order))
    return tuple(Topic(words=words[i], n_rows=int(counts[i])) for i in range(len(order))), places


def axes_of(prompts: Floats) -> Floats:
    """Return the prompts along their first principal axes, each of one variance, `[rows, axes]`."""
    centred = prompts - prompts.mean(axis=0)
    left, _, _ = np.linalg.svd(centred, full_matrices=False)
    n = min(N_AXES, len(prompts) - 1, prompts.shape[1])
    return np.asarray(left[:, :n] * np.sqrt(len(prompts)))
