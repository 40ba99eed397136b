"""Which words tell one group of texts from the others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

WORD = re.compile(r"[^\W\d_]+")
FEWEST = 2
"""Texts of its group that a telling word stands in."""
LEAST_Z = 1.0


def words_of(text: str, least: int = 1) -> list[str]:
    """Return the words of a text that have so many letters or more, in lower case."""
    return [word for word in WORD.findall(text.lower()) if len(word) >= least]


def telling(texts: Sequence[Sequence[str]], groups: Sequence[int], n: int) -> list[tuple[str, ...]]:
    """Return the most telling words of every group, most telling first; none where none is.

    By the z-score of the log-odds ratio with an informative Dirichlet prior, the prior being all texts (Monroe,
    Colaresi and Quinn 2008, equations 16 and 22). A text counts a word once.
    """
    whole = Counter(word for text in texts for word in set(text))
    n_whole = sum(whole.values())
    found = []
    for group in range(max(groups, default=-1) + 1):
        own = Counter(word for text, its in zip(texts, groups, strict=True) if its == group for word in set(text))
        n_own = sum(own.values())
        n_rest = n_whole - n_own
        z: dict[str, float] = {}
        for word, count in own.items():
            prior, rest = whole[word], whole[word] - count
            if count < FEWEST or not n_rest:
                continue
            mine = np.log((count + prior) / (n_own + n_whole - count - prior))
            others = np.log((rest + prior) / (n_rest + n_whole - rest - prior))
            z[word] = float((mine - others) / np.sqrt(1 / (count + prior) + 1 / (rest + prior)))
        ordered = sorted(z, key=lambda word: (-z[word], word))
        found.append(tuple(word for word in ordered[:n] if z[word] > LEAST_Z))
    return found
