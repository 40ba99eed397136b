"""A screen of rows in memory, or of a file of any size: shard by shard, each kept when it is done.

Of a file every row's scores, numbers alone, are held; what rows say is read anew where it is shown. Rows in memory are
held to the same benign answers as those of a file, so that both get the same flags.
"""

from __future__ import annotations

from collections.abc import Sequence

from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.records.dialogue import Corpus, Row, rows_digest
from heredity.records.row_scores import RowScores, Screened
from heredity.records.screening import RowScore, ScreenSpec, setting_of
from heredity.records.vector import TraitVector
from heredity.screening.manner import N_TOKENS, TEMPERATURE
from heredity.screening.readings import fitted
from heredity.screening.reference import held_rows, require_enough, rows_needed
from heredity.screening.scores.table import require_score
from heredity.screening.screen import require_askable, require_scored, told_of
from heredity.screening.screen import screen as screen_at_once
from heredity.screening.sides import sides_of
from heredity.screening.sources import by_source, marked, require_sources
from heredity.screening.standard import Ask
from heredity.screening.tally import worst_places
from heredity.store.row_file import RowFile, other_side
from heredity.store.shapes import PAIRS
from heredity.store.survey import Survey
from heredity.studies.bench import Bench
from heredity.studies.engines.scored import scored_by_shards
from heredity.studies.engines.shards import Measure
from heredity.studies.engines.table import require_engine
from heredity.studies.known import answers_for
from heredity.studies.standards import standards_step

A_HANDFUL = 4
"""Prompts, and fewer, behind which the model's own answers say too little of what is usual."""


def screen(
    corpus: Corpus,
    vector: TraitVector,
    model: Model,
    spec: ScreenSpec | None = None,
    reference: Corpus | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> Screened:
    """Return every row's scores, and flags over a threshold set on benign reference rows.

    Rows behind a system prompt or earlier turns are read by the projection, and have a threshold of their own. Without
    `reference`, or where it has too few rows that stand as they do, the model answers the corpus's own prompts; where
    these are a handful, its answers to everyday questions stand in. Where the corpus is labelled, the report says how
    well the screen finds the bad rows. Raises MismatchError for a vector of another model, UnknownNameError for a score
    that is none, InputError when no row or too few reference rows can be read, or all or none of the rows that can be
    read are bad.
    """
    spec = spec or ScreenSpec()
    require_askable(vector, model, spec, reference)
    reference = reference or usual_for(corpus, model, spec, seed, progress)
    return screen_at_once(corpus, vector, model, spec, reference, seed, progress)


def usual_for(corpus: Corpus, model: Model, spec: ScreenSpec, seed: str, progress: Progress) -> Corpus | None:
    """Return the model's answers to everyday questions, where rows in memory ask too few of their own; else None."""
    return usual_where_few(fitted(model, held_rows(corpus.rows, seed)).rows, model, spec, progress)


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
    stopped, however roughly, goes on, held to the same answers. Where the rows ask too few prompts, and no reference is
    given, the model's answers to everyday questions stand in. Raises what `screen` does.
    """
    spec = spec or ScreenSpec()
    require_possible(found, spec, reference)
    return screened_by(source, found, measure_for(found, vector, bench, spec, reference), bench)


def measure_for(
    found: Survey, vector: TraitVector, bench: Bench, spec: ScreenSpec, reference: Corpus | None = None
) -> Measure:
    """Return what the rows of a source are scored by, made or found. Raises what `screen` does."""
    model = bench.model
    require_askable(vector, model, spec, reference)
    fit = fitted(model, found.rows)
    if not fit.rows:
        raise InputError(f"no row can be read by this model; the first was excluded because: {fit.excluded[0].reason}")
    reference = reference or usual_where_few(fit.rows, model, spec, bench.progress)
    ask = Ask(model, vector, spec, reference, bench.seed, bench.progress)
    return Measure(vector, standards_step(bench, fit.rows, ask), spec)


def usual_where_few(rows: Sequence[Row], model: Model, spec: ScreenSpec, progress: Progress) -> Corpus | None:
    """Return the model's answers to everyday questions, where the rows ask too few of their own; else None.

    Answers to a handful of prompts say what is usual behind these alone; and everyday ones are known already.
    """
    prompts = {row.prompt for row in rows if setting_of(row) == "alone"}
    is_usual = (spec.n_tokens, spec.temperature) == (N_TOKENS, TEMPERATURE)
    n = max(spec.n_reference, rows_needed(spec.false_alarm_rate))
    if not prompts or len(prompts) > A_HANDFUL or not is_usual:
        return None
    answers = answers_for(model, progress)[:n]
    name = (
        f"{model.name}'s own answers to everyday questions: the rows' {len(prompts)} prompts are too few, and "
        "what is usual behind them was not measured"
    )
    return Corpus(name=name, content_digest=rows_digest(answers), rows=answers) if len(answers) == n else None


def screened_by(source: RowFile, found: Survey, measure: Measure, bench: Bench) -> Screened:
    """Return the screen of a source's rows, every shard made or found."""
    vector, spec = measure.vector, measure.spec
    scored = scored_by_shards(source, found, bench, measure)
    require_scored(len(scored.scores), scored.excluded)
    whole = marked(scored.scores, spec.act, scored.sources)
    report = told_of(whole, worst_in(source, whole), vector, measure.standards, spec, bench.seed)
    rejected, pairs = None, None
    if PAIRS in found.shapes:
        rejected = scored_by_shards(other_side(source), found, bench, measure).scores
        pairs = sides_of(whole, rejected, report.thresholds, measure.distance)
    return Screened(
        report.model_copy(
            update={
                "corpus": source.name,
                "corpus_digest": source.content_digest(),
                "sources": by_source(whole, spec.act, scored.sources),
                "pairs": pairs,
                "excluded": (*found.excluded, *scored.excluded),
                "notices": (*notices(bench.model, source.rows()), *vector.notices),
            }
        ),
        whole,
        rejected,
    )


def require_possible(found: Survey, spec: ScreenSpec, reference: Corpus | None) -> None:
    """Raise, without a model, for a score that is none, too few benign rows, a source that cannot go, or no budget."""
    require_engine(spec.engine.name)
    if spec.score:
        require_score(spec.score)
    if reference:
        require_enough(reference.rows, spec)
    require_sources(found.sources, spec.act.sources, spec.act.source_share is not None)
    n_staying = found.n_rows - sum(found.sources[name] for name in spec.act.sources)
    if spec.act.budget is not None and spec.act.budget * n_staying < 1:
        raise InputError(
            f"a budget of {spec.act.budget:g} of {n_staying} rows is less than one row; ask for a "
            f"share of 1 in {n_staying} or more"
        )


def worst_in(source: RowFile, scores: RowScores) -> tuple[RowScore, ...]:
    """Return the rows that lie highest, with what they say, which is read anew."""
    places = worst_places(scores)
    wanted = {int(scores.lines[place]) for place in places}
    rows = {row.line: row.apart for row in source.rows() if row.line in wanted}
    said = [(place, rows[int(scores.lines[place])]) for place in places]
    return tuple(scores.row(place, row.prompt, row.response) for place, row in said)
