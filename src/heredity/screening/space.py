"""The space in which rows are set beside the model's own answers: several blocks at once, each in its own deviations.

In: pairs of readings. Out: differences, own answers and traits' directions in one space in which the model's own
answers vary alike along every axis. Does not: know what a trait is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from heredity.records.dialogue import Row
from heredity.records.vector import TraitVector
from heredity.screening.pairs import Pairs
from heredity.stats.arrays import Floats, group_means

DEPTHS = (0.5, 0.6, 0.7)
"""Of the blocks that are read, as shares of all."""
FEWEST_PROMPTS = 16
"""Of fewer, rows are the units."""
RIDGE = 0.3
"""Of the mean variance, added to the variance along every axis: so few answers say little of most of them."""


def blocks_at(n_blocks: int) -> tuple[int, ...]:
    """Return the 0-based blocks that are read, each once."""
    return tuple(sorted({min(n_blocks - 1, int(depth * n_blocks)) for depth in DEPTHS}))


@dataclass(frozen=True)
class Whitening:
    """(S + r I)^(-1/2) of one block: S the covariance of own answers, r a share of its mean variance.

    Held by the answers' own axes, so that no matrix of the model's width squared is formed.
    """

    axes: Floats
    """`[axes, width]`, orthonormal."""
    along: Floats
    """What is multiplied along each of them, less `elsewhere`."""
    elsewhere: float
    """What is multiplied along all others."""

    def __call__(self, vectors: NDArray[np.floating]) -> Floats:
        """Return vectors (`[..., width]`) in deviations of own answers."""
        inside = (vectors @ self.axes.T) * self.along
        return np.asarray(self.elsewhere * vectors + inside @ self.axes, dtype=np.float64)


def whitening_of(own: Floats) -> Whitening:
    """Return the whitening that own answers (`[rows, width]`) give."""
    centred = own - own.mean(axis=0)
    _, lengths, axes = np.linalg.svd(centred / np.sqrt(max(len(own) - 1, 1)), full_matrices=False)
    ridge = RIDGE * float((lengths**2).sum()) / own.shape[1] or 1.0
    elsewhere = ridge**-0.5
    return Whitening(axes, (lengths**2 + ridge) ** -0.5 - elsewhere, elsewhere)


def units_of(rows: Sequence[Row]) -> NDArray[np.int64]:
    """Return which unit each row is of: rows to one prompt are no independent evidence, nor are rows that are equal.

    Where there are few prompts, rows are units, equal ones together.
    """
    prompts = [row.lessons[0][0] for row in rows]
    texts = [(prompt, row.response) for prompt, row in zip(prompts, rows, strict=True)]
    keys = prompts if len(set(prompts)) >= FEWEST_PROMPTS else texts
    places: dict[object, int] = {}
    return np.array([places.setdefault(key, len(places)) for key in keys], dtype=np.int64)


@dataclass(frozen=True)
class Space:
    """All blocks of the pairs, whitened and side by side.

    It is made of everyday answers, before the rows are seen: made of the own answers that rows are set beside, rows
    and own answers could not change sides, and even the model's own rows would be told from it.
    """

    pairs: Pairs
    manner: Floats
    """`[answers, blocks, width]`: the model's own everyday answers. Every second makes the space; the others make the
    directions of luck, which would lie in the space's own axes if the same answers had made both."""

    @cached_property
    def whitenings(self) -> tuple[Whitening, ...]:
        """One a block."""
        return tuple(whitening_of(self.manner[::2, place]) for place in range(len(self.pairs.blocks)))

    @cached_property
    def differences(self) -> Floats:
        """`[rows, blocks x width]`: each row's reading less that of the model's own answer."""
        return self._laid(self.pairs.taught - self.pairs.own)

    @cached_property
    def units(self) -> NDArray[np.int64]:
        """Which unit each row is of."""
        return units_of(self.pairs.rows)

    @cached_property
    def of_units(self) -> Floats:
        """`[units, blocks x width]`: the mean difference of each unit's rows."""
        return group_means(self.differences, self.units)

    @cached_property
    def own(self) -> Floats:
        """`[answers, blocks x width]`: the everyday answers that make the space, less their mean."""
        return self._laid(self.manner[::2] - self.manner[::2].mean(axis=0))

    @cached_property
    def others(self) -> Floats:
        """`[answers, blocks x width]`: the other everyday answers, less their mean."""
        return self._laid(self.manner[1::2] - self.manner[1::2].mean(axis=0))

    def direction(self, vector: TraitVector) -> Floats:
        """Return a trait's direction, `[blocks x width]`: its length is the distance between its poles."""
        directions = vector.directions[list(self.pairs.blocks)].astype(np.float64)
        return np.asarray(self._laid(directions[None])[0])

    def _laid(self, readings: Floats) -> Floats:
        """Return readings (`[rows, blocks, width]`) whitened, block beside block."""
        return np.concatenate([white(readings[:, place]) for place, white in enumerate(self.whitenings)], axis=1)
