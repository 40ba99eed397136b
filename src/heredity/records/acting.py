"""What is done with rows that a screen read: which go, by their own scores or with their source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.dialogue import Exclusion
from heredity.stats.estimate import Estimate

MOST_SOURCES = 100
"""Sources of a file that are told apart, the first that come; rows of further ones are counted together."""


class ActSpec(Spec):
    """Which of the rows over their threshold are flagged, and which sources go whole."""

    budget: float | None = Field(default=None, gt=0, lt=1)
    """Most rows that may be flagged, as a share of those that are scored and do not go with their source: the ones that
    lie highest. Unless given, every row over its threshold is flagged."""
    sources: tuple[str, ...] = ()
    """A source whose rows are dropped whole, whatever their scores."""
    source_share: float | None = Field(default=None, gt=0, lt=1)
    """Sources are dropped whole of which surely more than this share (the 95% interval) lies over the threshold."""
    n_answer_tokens: int = Field(default=256, ge=8)
    """Most tokens of an answer that the model gives in the place of a flagged one; one that does not end within them
    takes no place."""


class SourceRows(Record):
    """The rows of one source, in figures."""

    source: str
    """Empty for rows that name none."""
    n_rows: int
    """Those that could be scored."""
    share_over: Estimate
    """Share of them over their threshold, whether they are flagged or not."""
    is_dropped: bool
    """Whether they are dropped whole."""

    @property
    def n_over(self) -> int:
        """Rows over their threshold."""
        return round(self.share_over.value * self.n_rows)


class Replacement(Record):
    """A flagged row's new answers, in the order of what it teaches."""

    line: int
    answers: tuple[str, ...]
    score: float
    """Of these answers, by the score that decides in the row's setting."""


class Replacements(Record):
    """What takes the place of flagged rows' answers, and the rows that have nothing to put there, and why."""

    rows: tuple[Replacement, ...]
    left_out: tuple[Exclusion, ...]


class Swaps(Record):
    """Flagged pairs whose sides are exchanged, and those that would not be better for it, and why."""

    lines: tuple[int, ...]
    left_out: tuple[Exclusion, ...]


POLES = "shares of the distance between the poles"
"""What shifts along a trait's direction are told in."""


class PairSides(Record):
    """How the chosen sides of pairs lie beside the rejected ones; preference training goes along the difference."""

    n_pairs: int
    """Those of which both sides could be scored."""
    difference: Estimate | None
    """Mean of chosen less rejected; None for fewer than two."""
    unit: str = POLES
    """What the difference is told in."""
    kept: Estimate | None = None
    """The same of the pairs that stay; None for fewer than two, and in records written before."""
    swapped: Estimate | None = None
    """The same of the pairs as they were written, flagged ones turned round; None where none were."""
    chosen_higher: Estimate
    """Share of the pairs in which the chosen side lies higher."""
    rejected_over: Estimate
    """Share of the rejected sides over the threshold."""


class Written(Record):
    """A file of rows that a screen wrote."""

    holds: Literal["kept", "gone", "replaced", "swapped"]
    path: str
    n_rows: int
    """0 where no row stays: then none was written."""
    n_changed: int = 0
    """Rows that are not as they came."""
    left_out: tuple[Exclusion, ...] = ()
    """Flagged rows that could not be changed, and why: they are in no file of rows that stay."""


@dataclass(frozen=True)
class RowSources:
    """Where the rows of some scores come from."""

    names: tuple[str, ...]
    """Sources that are told apart."""
    places: NDArray[np.int16]
    """Each row's source among the names; one past the last for all others."""
