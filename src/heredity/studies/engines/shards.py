"""One shard of rows, scored, and kept when it is done.

In: some rows, and what they are scored by. Out: their scores, and why others have none. Does not: judge by them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.records.base import Record
from heredity.records.dialogue import Exclusion, Row, rows_digest
from heredity.records.row_scores import RowScores
from heredity.records.screening import ScreenSpec, Threshold
from heredity.records.vector import TraitVector
from heredity.screening.readings import fitted
from heredity.screening.scores.table import read_scored
from heredity.screening.screen import Standards, distance_of, judged, scores_of
from heredity.screening.tally import Distance
from heredity.store.scores import load_scores, save_scores
from heredity.store.workspace import load_record, save_record
from heredity.studies.bench import Bench

SHARD = 2048
"""Rows that are read and scored together."""
SCORES, LEFT_OUT = "scores.parquet", "left-out.json"
Shard = tuple[RowScores, tuple[Exclusion, ...]]
"""The scores of a shard's rows, and which of these have none."""


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
    def distance(self) -> Distance:
        """What shifts of rows are told in."""
        return distance_of(self.vector, self.spec)


def shard_step(bench: Bench, rows: Sequence[Row], measure: Measure, come: Callable[[], Shard] | None = None) -> Shard:
    """Return one shard's scores, made or found; made here, unless `come` waits for somebody who makes them."""

    def make(folder: Path) -> int:
        before = bench.n_tokens
        scores, left_out = come() if come else scores_in(bench.model, rows, measure, bench.progress)
        if len(scores):
            save_scores(scores, folder / SCORES)
        save_record(LeftOut(excluded=left_out), folder / LEFT_OUT)
        return bench.n_tokens - before

    def load(folder: Path) -> Shard:
        left_out = load_record(LeftOut, folder / LEFT_OUT).excluded
        return (load_scores(folder / SCORES) if (folder / SCORES).exists() else joined([])), left_out

    return bench.workspace.stage("shard", depends_on(bench, rows, measure), make, load).value


def holds_shard(bench: Bench, rows: Sequence[Row], measure: Measure) -> bool:
    """Whether one shard's scores are kept already."""
    return bench.workspace.holds("shard", depends_on(bench, rows, measure))


def depends_on(bench: Bench, rows: Sequence[Row], measure: Measure) -> dict[str, object]:
    """Return what a shard's scores hang on; who makes them is no part of it."""
    return {
        "seed": bench.seed,
        "rows": rows_digest(tuple(rows)),
        "vector": measure.vector.header.id,
        "spec": measure.spec.scoring.id,
        "standards": measure.thresholds,
    }


def scores_in(model: Model, rows: Sequence[Row], measure: Measure, progress: Progress = SILENCE) -> Shard:
    """Return the scores of rows that can be read and judged, and why the others cannot."""
    fit = fitted(model, rows)
    if not fit.rows:
        return joined([]), fit.excluded
    vector, standards = measure.vector, measure.standards
    read = read_scored(model, fit, vector, measure.spec.score, progress)
    readings, unjudged = judged(read, standards)
    scores = scores_of(readings, vector, standards, measure.spec.false_alarm_rate)
    return scores, (*readings.excluded, *unjudged)


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
