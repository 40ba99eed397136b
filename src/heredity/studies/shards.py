"""Rows scored shard by shard, each kept when it is done: numbers alone are held, whatever the number of rows.

In: rows one after the other, and what they are scored by. Out: every row's scores. Does not: judge by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from heredity.records.acting import RowSources
from heredity.records.base import Record
from heredity.records.dialogue import Exclusion, Row, rows_digest
from heredity.records.row_scores import RowScores
from heredity.records.screening import ScreenSpec, Threshold
from heredity.records.vector import TraitVector
from heredity.screening.readings import fitted, read_fitting
from heredity.screening.screen import Standards, judged, scores_of
from heredity.screening.sources import sources_of
from heredity.store.row_file import RowFile
from heredity.store.scores import load_scores, save_scores
from heredity.store.survey import Survey
from heredity.store.workspace import load_record, save_record
from heredity.studies.bench import Bench

SHARD = 2048
"""Rows that are read and scored together."""
SCORES, LEFT_OUT = "scores.parquet", "left-out.json"


class LeftOut(Record):
    """Rows of a shard that could not be scored, and why."""

    excluded: tuple[Exclusion, ...]


@dataclass(frozen=True)
class Measure:
    """What rows are scored by."""

    vector: TraitVector
    standards: Standards
    spec: ScreenSpec

    @property
    def limits(self) -> list[Threshold]:
        """The thresholds, one for each setting."""
        rate = self.spec.false_alarm_rate
        return [standard.threshold(self.vector.unit, rate) for standard in self.standards.values()]

    @property
    def thresholds(self) -> list[str]:
        """What tells the thresholds from others."""
        return [threshold.id for threshold in self.limits]

    @property
    def distance(self) -> float:
        """How far the trait's poles lie apart."""
        return float(np.linalg.norm(self.vector.direction))


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
        for shard in shards(source.rows()):
            scores, left_out = shard_step(bench, shard, measure)
            parts.append(scores)
            sources.append(sources_in(shard, scores, names))
            excluded += left_out
            task.advance(len(shard))
    places = np.concatenate([np.zeros(0, dtype=np.int16), *(one.places for one in sources)])
    return Scored(joined(parts), RowSources(names, places), tuple(excluded))


def shards(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Yield the rows in shards, in their order."""
    while shard := list(islice(rows, SHARD)):
        yield shard


def shard_step(bench: Bench, rows: Sequence[Row], measure: Measure) -> tuple[RowScores, tuple[Exclusion, ...]]:
    """Return one shard's scores, made or found, and its rows that could not be scored."""

    def make(folder: Path) -> int:
        before = bench.n_tokens
        scores, left_out = scores_in(bench, rows, measure)
        if len(scores):
            save_scores(scores, folder / SCORES)
        save_record(LeftOut(excluded=left_out), folder / LEFT_OUT)
        return bench.n_tokens - before

    def load(folder: Path) -> tuple[RowScores, tuple[Exclusion, ...]]:
        left_out = load_record(LeftOut, folder / LEFT_OUT).excluded
        return (load_scores(folder / SCORES) if (folder / SCORES).exists() else joined([])), left_out

    depends_on = {
        "rows": rows_digest(tuple(rows)),
        "vector": measure.vector.header.id,
        "spec": measure.spec.scoring.id,
        "standards": measure.thresholds,
    }
    return bench.workspace.stage("shard", {"seed": bench.seed, **depends_on}, make, load).value


def scores_in(bench: Bench, rows: Sequence[Row], measure: Measure) -> tuple[RowScores, tuple[Exclusion, ...]]:
    """Return the scores of rows that can be read and judged, and why the others cannot."""
    fit = fitted(bench.model, rows)
    if not fit.rows:
        return joined([]), fit.excluded
    vector, standards = measure.vector, measure.standards
    readings, unjudged = judged(read_fitting(bench.model, fit, vector.block, bench.progress), standards)
    scores = scores_of(readings, vector, standards, measure.spec.false_alarm_rate)
    return scores, (*fit.excluded, *unjudged)


def sources_in(shard: Sequence[Row], scores: RowScores, names: tuple[str, ...]) -> RowSources:
    """Return where the rows of a shard come from that were scored."""
    source = {row.line: row.source for row in shard}
    return sources_of([source[line] for line in scores.lines.tolist()], names)


def joined(parts: Sequence[RowScores]) -> RowScores:
    """Return the scores of all parts, in their order."""
    whole = [part for part in parts if len(part)]
    if not whole:
        none = np.zeros(0)
        return RowScores(none.astype(np.int64), none.astype(np.str_), {}, none, none.astype(np.int64))
    return RowScores(
        lines=np.concatenate([part.lines for part in whole]),
        settings=np.concatenate([part.settings for part in whole]),
        by_name={name: np.concatenate([part.by_name[name] for part in whole]) for name in whole[0].by_name},
        over=np.concatenate([part.over for part in whole]),
        n_tokens=np.concatenate([part.n_tokens for part in whole]),
    )
