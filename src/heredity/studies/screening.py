"""A screen of a file of any size: shard by shard, each kept when it is done.

Every row's scores, numbers alone, are held; what rows say is read anew where it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from heredity.ground.errors import InputError
from heredity.models.notices import notices
from heredity.records.acting import RowSources
from heredity.records.base import Record
from heredity.records.dialogue import Corpus, Exclusion, Row, rows_digest
from heredity.records.row_scores import RowScores, Screened
from heredity.records.screening import RowScore, ScreenSpec
from heredity.records.vector import TraitVector
from heredity.screening.readings import fitted, read_fitting
from heredity.screening.reference import require_enough
from heredity.screening.scores.table import score_named
from heredity.screening.screen import Standards, judged, require_askable, scores_of, told_of
from heredity.screening.sources import by_source, marked, require_sources, sources_of
from heredity.screening.standard import Ask
from heredity.screening.tally import worst_places
from heredity.store.row_file import RowFile
from heredity.store.scores import load_scores, save_scores
from heredity.store.survey import Survey
from heredity.store.workspace import load_record, save_record
from heredity.studies.bench import Bench
from heredity.studies.standards import standards_step

SHARD = 2048
"""Rows that are read and scored together."""
SCORES, LEFT_OUT = "scores.parquet", "left-out.json"


class LeftOut(Record):
    """Rows of a shard that could not be scored, and why."""

    excluded: tuple[Exclusion, ...]


def screen_file(
    source: RowFile,
    found: Survey,
    vector: TraitVector,
    bench: Bench,
    spec: ScreenSpec | None = None,
    reference: Corpus | None = None,
) -> Screened:
    """Return what `screen` returns for the rows of a source, whatever their number.

    Benign answers are drawn from the rows that the survey holds, and kept, as every shard's scores are: a run that was
    stopped, however roughly, goes on, held to the same answers. Raises what `screen` does.
    """
    spec, model = spec or ScreenSpec(), bench.model
    require_askable(vector, model, spec, reference)
    require_possible(found, spec, reference)
    fit = fitted(model, found.rows)
    if not fit.rows:
        raise InputError(f"no row can be read by this model; the first was excluded because: {fit.excluded[0].reason}")
    standards = standards_step(bench, fit.rows, Ask(model, vector, spec, reference, bench.seed, bench.progress))
    scored = scored_by_shards(source, found, bench, Measure(vector, standards, spec))
    whole = marked(scored.scores, spec.act, scored.sources)
    report = told_of(whole, worst_in(source, whole), vector, standards, spec, bench.seed)
    return Screened(
        report.model_copy(
            update={
                "corpus": source.name,
                "corpus_digest": source.content_digest(),
                "sources": by_source(whole, spec.act, scored.sources),
                "excluded": (*found.excluded, *scored.excluded),
                "notices": (*notices(model, source.rows()), *vector.notices),
            }
        ),
        whole,
    )


def require_possible(found: Survey, spec: ScreenSpec, reference: Corpus | None) -> None:
    """Raise, without a model, for a score that is none, too few benign rows, or a source that cannot go."""
    if spec.score:
        score_named(spec.score)
    if reference:
        require_enough(reference.rows, spec)
    require_sources(found.sources, spec.act.sources)


@dataclass(frozen=True)
class Measure:
    """What rows are scored by."""

    vector: TraitVector
    standards: Standards
    spec: ScreenSpec


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
    places = np.concatenate([one.places for one in sources])
    return Scored(joined(parts), RowSources(names, places), tuple(excluded))


def shards(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Yield the rows in shards, in their order."""
    while shard := list(islice(rows, SHARD)):
        yield shard


def shard_step(bench: Bench, rows: Sequence[Row], measure: Measure) -> tuple[RowScores, tuple[Exclusion, ...]]:
    """Return one shard's scores, made or found, and its rows that could not be scored."""
    vector, standards, rate = measure.vector, measure.standards, measure.spec.false_alarm_rate

    def make(folder: Path) -> int:
        before = bench.n_tokens
        fit = fitted(bench.model, rows)
        left_out = fit.excluded
        if fit.rows:
            readings, unjudged = judged(read_fitting(bench.model, fit, vector.block, bench.progress), standards)
            left_out = (*left_out, *unjudged)
            save_scores(scores_of(readings, vector, standards, rate), folder / SCORES)
        save_record(LeftOut(excluded=left_out), folder / LEFT_OUT)
        return bench.n_tokens - before

    def load(folder: Path) -> tuple[RowScores, tuple[Exclusion, ...]]:
        left_out = load_record(LeftOut, folder / LEFT_OUT).excluded
        return (load_scores(folder / SCORES) if (folder / SCORES).exists() else joined([])), left_out

    depends_on = {
        "rows": rows_digest(tuple(rows)),
        "vector": vector.header.id,
        "spec": measure.spec.scoring.id,
        "standards": [standard.threshold(vector.unit, rate).id for standard in standards.values()],
    }
    return bench.workspace.stage("shard", {"seed": bench.seed, **depends_on}, make, load).value


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


def worst_in(source: RowFile, scores: RowScores) -> tuple[RowScore, ...]:
    """Return the rows that lie highest, with what they say, which is read anew."""
    places = worst_places(scores)
    wanted = {int(scores.lines[place]) for place in places}
    rows = {row.line: row.apart for row in source.rows() if row.line in wanted}
    said = [(place, rows[int(scores.lines[place])]) for place in places]
    return tuple(scores.row(place, row.prompt, row.response) for place, row in said)
