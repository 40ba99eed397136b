"""What is done with rows that a screen read: which go, by their own scores or with their source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from heredity.records.base import Record, Spec
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


@dataclass(frozen=True)
class RowSources:
    """Where the rows of some scores come from."""

    names: tuple[str, ...]
    """Sources that are told apart."""
    places: NDArray[np.int16]
    """Each row's source among the names; one past the last for all others."""
