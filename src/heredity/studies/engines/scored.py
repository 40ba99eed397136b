"""A source's rows scored, shard by shard: numbers alone are held, whatever the number of rows.

In: rows one after the other, and what they are scored by. Out: every row's scores. Does not: judge by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from heredity.records.acting import RowSources
from heredity.records.dialogue import Exclusion, Row
from heredity.records.row_scores import RowScores
from heredity.screening.sources import sources_of
from heredity.store.row_file import RowFile
from heredity.store.survey import Survey
from heredity.studies.bench import Bench
from heredity.studies.engines import shards as of_shards
from heredity.studies.engines.shards import Measure, joined
from heredity.studies.engines.table import ENGINES


@dataclass(frozen=True)
class Scored:
    """The scores of a source's rows, where these come from, and which of them could not be scored."""

    scores: RowScores
    sources: RowSources
    excluded: tuple[Exclusion, ...]


def scored_by_shards(source: RowFile, found: Survey, bench: Bench, measure: Measure) -> Scored:
    """Return the scores of a source's rows, shard by shard, each made or found."""
    parts: list[RowScores] = []
    sources: list[RowSources] = []
    excluded: list[Exclusion] = []
    names = tuple(found.sources)
    with bench.progress.task("screening rows", found.n_rows) as task:
        for shard, (scores, left_out) in ENGINES[measure.spec.engine.name](bench, shards(source.rows()), measure):
            parts.append(scores)
            sources.append(sources_in(shard, scores, names))
            excluded += left_out
            task.advance(len(shard))
    places = np.concatenate([np.zeros(0, dtype=np.int16), *(one.places for one in sources)])
    return Scored(joined(parts), RowSources(names, places), tuple(excluded))


def shards(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Yield the rows in shards, in their order."""
    while shard := list(islice(rows, of_shards.SHARD)):
        yield shard


def sources_in(shard: Sequence[Row], scores: RowScores, names: tuple[str, ...]) -> RowSources:
    """Return where the rows of a shard come from that were scored."""
    source = {row.line: row.source for row in shard}
    return sources_of([source[line] for line in scores.lines.tolist()], names)
