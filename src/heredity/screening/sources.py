"""Where rows come from: which sources go whole, and how many rows of each lie over their threshold.

In: scores, and each row's source. Out: the scores with the rows marked that go or stay, and counts by source.
Does not: hold more names than the survey does, which bounds their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import InputError, UnknownNameError
from heredity.records.acting import ActSpec, RowSources, SourceRows
from heredity.records.row_scores import RowScores
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import wilson
from heredity.store.survey import count

ROUNDING = 1e-9
"""A share of so many rows is a whole number of them, as nearly as floats say."""


def require_sources(counts: Mapping[str, int], asked: Sequence[str], is_by_share: bool = False) -> None:
    """Raise where rows of a source are to go and there are none, or no others; `counts` are the rows of each source.

    UnknownNameError names the sources that there are; InputError says where no row names one, or all would go.
    """
    there = {name: n for name, n in counts.items() if name and n}
    if (asked or is_by_share) and not there:
        raise InputError(
            "no row says where it comes from, so that none can be dropped by its source: a row says it in `source`, "
            "`dataset` or `subset`, or by the file of a folder that it stands in"
        )
    strange = next((name for name in asked if name not in there), None)
    if strange is not None:
        raise UnknownNameError("source", strange, there)
    if asked and not any(n for name, n in counts.items() if name not in asked):
        raise InputError("every row is of a source that is to be dropped, so that none would be left")


def sources_of(sources: Sequence[str], names: Sequence[str]) -> RowSources:
    """Return the rows' sources as places among names."""
    place = {name: i for i, name in enumerate(names)}
    return RowSources(tuple(names), np.array([place.get(source, len(place)) for source in sources], dtype=np.int16))


def counted(sources: Sequence[str], asked: Sequence[str]) -> dict[str, int]:
    """Return how many rows each source has that is told apart."""
    counts: dict[str, int] = {}
    for source in sources:
        count(counts, source, asked)
    return counts


def marked(scores: RowScores, act: ActSpec, sources: RowSources) -> RowScores:
    """Return the scores with the rows marked that go with their source, and those that only the budget keeps."""
    going = [row.source for row in by_source(scores, act, sources) if row.is_dropped]
    dropped = np.isin(sources.places, [sources.names.index(name) for name in going])
    return replace(scores, dropped=dropped, spared=spared_by(act.budget, scores, dropped))


def spared_by(budget: float | None, scores: RowScores, dropped: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which rows over their threshold stay because enough others lie higher; of equals the earlier goes."""
    spared = np.zeros(len(scores), dtype=bool)
    if budget is not None:
        places = np.flatnonzero((scores.over > 0) & ~dropped)
        highest_first = places[np.argsort(-scores.over[places], kind="stable")]
        spared[highest_first[int(budget * (~dropped).sum() + ROUNDING) :]] = True
    return spared


def by_source(scores: RowScores, act: ActSpec, sources: RowSources) -> tuple[SourceRows, ...]:
    """Return the figures of every source that is told apart and has rows, those with most rows over first."""
    n_all = np.bincount(sources.places, minlength=len(sources.names))
    n_over = np.bincount(sources.places[scores.over > 0], minlength=len(sources.names))
    shares = {name: wilson(int(over), int(n)) for name, n, over in zip(sources.names, n_all, n_over, strict=False) if n}
    found = [
        SourceRows(
            source=name,
            n_rows=share.n,
            share_over=share,
            is_dropped=name in act.sources or is_over(name, share, act),
        )
        for name, share in shares.items()
    ]
    return tuple(sorted(found, key=lambda row: -row.n_over))


def is_over(name: str, share: Estimate, act: ActSpec) -> bool:
    """Return whether a source surely has more rows over the threshold than may be; rows of no source are none."""
    return bool(name) and act.source_share is not None and share.low > act.source_share
