"""Rows behind the prompts that ask for a trait and for its opposite."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from heredity.ground.errors import InputError
from heredity.models.chat import Rendered, render_exchanges
from heredity.records.trait import Pole
from heredity.screening.scores.probe import Probe
from heredity.stats.arrays import Floats

POLES: tuple[Pole, Pole] = ("positive", "negative")


@dataclass(frozen=True)
class Behind:
    """The rows that fit behind both prompts, in the order of the others."""

    places: tuple[int, ...]
    """Which of the rows they are."""
    sides: tuple[list[Rendered], list[Rendered]]
    """Every answer of theirs behind the positive prompt, and behind the negative one."""
    starts: NDArray[np.int64]
    """Where each row's answers begin."""

    def by_row(self, values: ArrayLike) -> Floats:
        """Return `[rows that fit]`: each row's sum over its answers."""
        return np.asarray(np.add.reduceat(np.asarray(values, dtype=np.float64), self.starts))

    def among(self, values: Floats, n_rows: int) -> Floats:
        """Return `[n_rows]`: the values of the rows that fit, NaN for the others."""
        out = np.full(n_rows, np.nan)
        out[list(self.places)] = values
        return out


def behind(probe: Probe) -> Behind | None:
    """Return the rows that fit behind the trait's first pair of prompts that judges no student; None for none."""
    trait = probe.vector.header.trait
    prompts = [trait.system_prompt(trait.making[0], pole) for pole in POLES]
    places, parts = [], []
    for place, row in enumerate(probe.rows.rows):
        try:
            both = [render_exchanges(probe.model, row.behind(prompt).lessons) for prompt in prompts]
        except InputError:
            continue
        places.append(place)
        parts.append(both)
    if not places:
        return None
    positive, negative = ([part for both in parts for part in both[side]] for side in range(len(POLES)))
    starts = np.cumsum([0, *(len(both[0]) for both in parts)])[:-1]
    return Behind(tuple(places), (positive, negative), starts)
