"""The verb: which rows would push the model along the vector?

In: rows in memory, a vector, the model and what is benign. Out: every row's scores, and a report of them.
Does not: know what the model answers to everyday questions (`studies/screening.py` does, and is the front door).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import InputError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.records.dialogue import Corpus, Exclusion, Row, require_mixed
from heredity.records.row_scores import RowScores, Screened
from heredity.records.screening import SETTINGS, Detection, RowScore, ScreenReport, ScreenSpec, Setting, setting_of
from heredity.records.vector import TraitVector
from heredity.screening.baselines import baselines
from heredity.screening.readings import RowReadings, chosen, fitting
from heredity.screening.reference import held_rows, require_enough
from heredity.screening.scores.table import SCORES, formed, is_along, read_scored, require_score, scored, unit_of
from heredity.screening.sources import by_source, counted, marked, require_sources, sources_of
from heredity.screening.standard import Ask, Standard, standard_for
from heredity.screening.tally import Distance, expected_of, histogram_of, settings_of, worst_of
from heredity.stats.arrays import Floats
from heredity.stats.discrimination import auc, auc_estimate, separation
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import wilson
from heredity.stats.nulls import matched_directions, p_value, upper_bound

Standards = Mapping[Setting, Standard]
NOT_JUDGED = "no benign answer fits behind what stands before it, so nothing says what is high there"


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
    `reference`, or where it has too few rows that stand as they do, the model answers the corpus's own prompts. Where
    the corpus is labelled, the report says how well the screen finds the bad rows. Raises MismatchError for a vector of
    another model, UnknownNameError for a score that is none, InputError when no row or too few reference rows can be
    read, or all or none of the rows that can be read are bad.
    """
    spec = spec or ScreenSpec()
    require_askable(vector, model, spec, reference)
    names = names_of(corpus.rows, spec)
    fit = fitting(model, corpus.rows)
    if corpus.bad_lines is not None:
        require_mixed([row.line in corpus.bad_lines for row in fit.rows])
    readable = {row.line: row for row in fit.rows}
    held = [readable[row.line] for row in held_rows(corpus.rows, seed) if row.line in readable]
    standards = standards_for(held, Ask(model, vector, spec, reference, seed, progress))
    readings, unjudged = judged(read_scored(model, fit, vector, spec.score, progress), standards)
    require_scored(len(readings.rows), (*readings.excluded, *unjudged))
    sources = sources_of([row.source for row in readings.rows], names)
    scores = marked(scores_of(readings, vector, standards, spec.false_alarm_rate), spec.act, sources)
    found = None
    if corpus.bad_lines is not None:
        is_bad = np.isin(scores.lines, list(corpus.bad_lines))
        benign = [row for standard in standards.values() for row in standard.rows]
        plain = baselines(model, fit, benign, scores.lines.tolist(), progress)
        found = detect(readings, scores, vector, standards, corpus.bad_lines, spec, seed).model_copy(
            update={"baselines": {name: _auroc(values, is_bad) for name, values in plain.items()}}
        )
    report = told_of(scores, worst_of(scores, readings.rows), vector, standards, spec, seed)
    return Screened(
        report.model_copy(
            update={
                "corpus": corpus.name,
                "corpus_digest": corpus.content_digest,
                "excluded": (*corpus.excluded, *readings.excluded, *unjudged),
                "sources": by_source(scores, spec.act, sources),
                "detection": found,
                "notices": (*notices(model, corpus.rows), *vector.notices),
            }
        ),
        scores,
    )


def require_scored(n_rows: int, excluded: Sequence[Exclusion]) -> None:
    """Raise InputError where no row could be scored."""
    if not n_rows:
        raise InputError(f"no row could be scored; the first was left out because: {excluded[0].reason}")


def names_of(rows: Sequence[Row], spec: ScreenSpec) -> tuple[str, ...]:
    """Return the sources of rows that are told apart. Raises where one is to go and there is none, or no other."""
    counts = counted([row.source for row in rows], spec.act.sources)
    require_sources(counts, spec.act.sources)
    return tuple(counts)


def require_askable(vector: TraitVector, model: Model, spec: ScreenSpec, reference: Corpus | None) -> None:
    """Raise, before anything is computed, for another model's vector, a score that is none, or too few benign rows."""
    vector.require_model(model.name, model.fingerprint)
    if spec.score:
        require_score(spec.score)
    if reference:
        require_enough(reference.rows, spec)


def told_of(
    scores: RowScores,
    worst: tuple[RowScore, ...],
    vector: TraitVector,
    standards: Standards,
    spec: ScreenSpec,
    seed: str,
) -> ScreenReport:
    """Return what a report says of scores, whatever rows they are of."""
    thresholds = tuple(standard.threshold(vector.unit, spec.false_alarm_rate) for standard in standards.values())
    benign = [threshold.over(score) for threshold in thresholds for score in threshold.held_out_scores]
    return ScreenReport(
        corpus="",
        corpus_digest="",
        trait=vector.header.trait.name,
        vector_id=vector.header.id,
        block=vector.block,
        score=spec.score or vector.header.form,
        thresholds=thresholds,
        false_alarm_rate=spec.false_alarm_rate,
        settings=settings_of(scores),
        histogram=histogram_of(scores.over, benign),
        worst=worst,
        expected=expected_of(scores, thresholds, distance_of(vector, spec), seed),
        excluded=(),
        share_flagged=wilson(int(scores.is_flagged.sum()), len(scores)),
        act=spec.act,
        n_spared=int(scores.spared.sum()) if scores.spared is not None else 0,
        n_dropped=int(scores.is_dropped.sum()),
    )


def distance_of(vector: TraitVector, spec: ScreenSpec) -> Distance:
    """Return what shifts of rows are told in: the distance between the poles, or what a measured score is told in."""
    if spec.score and not is_along(spec.score):
        return Distance(1.0, unit_of(spec.score))
    return Distance(float(np.linalg.norm(vector.direction)))


def standards_for(rows: Sequence[Row], ask: Ask) -> dict[Setting, Standard]:
    """Return what is high in every setting that rows stand in. Raises InputError where there is no standard at all."""
    found = {}
    for setting in SETTINGS:
        there = [row for row in rows if setting_of(row) == setting]
        standard = standard_for(setting, there, ask) if there else None
        if standard:
            found[setting] = standard
    if not found:
        raise InputError(f"no row can be screened: {NOT_JUDGED}; give shorter rows, or benign ones with --reference")
    return found


def judged(readings: RowReadings, standards: Standards) -> tuple[RowReadings, tuple[Exclusion, ...]]:
    """Return the readings of rows whose setting has a standard, and the others as excluded."""
    places = [i for i, row in enumerate(readings.rows) if setting_of(row) in standards]
    rest = [row for row in readings.rows if setting_of(row) not in standards]
    return chosen(readings, places), tuple(Exclusion(line=row.line, reason=NOT_JUDGED) for row in rest)


def overs(
    readings: RowReadings,
    standards: Standards,
    units: NDArray[np.floating],
    rate: float,
    score: str | None = None,
) -> Floats:
    """Return how far every row lies over the threshold of its setting along each direction, `[rows, directions]`.

    In deviations of the benign rows of its setting, so that rows of two settings can be ranked together.
    """
    out = np.empty((len(readings.rows), units.shape[1]))
    settings = [setting_of(row) for row in readings.rows]
    for setting, standard in standards.items():
        places = [i for i, one in enumerate(settings) if one == setting]
        out[places] = standard.over(chosen(readings, places), units, rate, score)
    return out


def scores_of(readings: RowReadings, vector: TraitVector, standards: Standards, rate: float) -> RowScores:
    """Return every score of every row, and how far the one that decides there lies over the threshold."""
    return RowScores(
        lines=np.array([row.line for row in readings.rows]),
        settings=np.array([setting_of(row) for row in readings.rows]),
        by_name={name: scored(readings, name, vector.unit) for name in (*SCORES, *readings.measured)},
        over=overs(readings, standards, vector.unit[:, None], rate)[:, 0],
        n_tokens=readings.n_tokens,
    )


def detect(
    readings: RowReadings,
    scores: RowScores,
    vector: TraitVector,
    standards: Standards,
    bad_lines: Collection[int],
    spec: ScreenSpec,
    seed: str,
) -> Detection:
    """Return how well scores find rows that are known to be bad, against random directions in the same readings."""
    is_bad, rate = np.isin(scores.lines, list(bad_lines)), spec.false_alarm_rate
    require_mixed(is_bad.tolist())
    flagged, own = scores.is_flagged, scores.over
    luck = None
    if all(is_along(standard.score) for standard in standards.values()):
        groups = [f"{setting} {bad}" for setting, bad in zip(scores.settings, is_bad, strict=True)]
        random = matched_directions(
            decided_by(readings, standards), spec.n_null, seed_from(seed, "screen null"), groups
        )
        luck = luck_of(overs(readings, standards, random.T, rate), own, is_bad)
    decides = {standard.score for standard in standards.values()}
    others = {
        name: _auroc(overs(readings, standards, vector.unit[:, None], rate, name)[:, 0], is_bad)
        for name in (*SCORES, *readings.measured)
        if decides != {name}
    }
    return Detection(
        n_bad=int(is_bad.sum()),
        auroc=_auroc(own, is_bad),
        auroc_by_score=others,
        random_directions=luck[0] if luck else None,
        p_random=luck[1] if luck else None,
        n_null=spec.n_null if luck else 0,
        recall=wilson(int((flagged & is_bad).sum()), int(is_bad.sum())),
        precision=wilson(int((flagged & is_bad).sum()), int(flagged.sum())) if flagged.any() else None,
    )


def luck_of(overs: Floats, own: Floats, is_bad: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the 97.5th percentile of random directions' AUROC, and the share that set rows apart as far as `own`."""
    found = auc(overs[is_bad], overs[~is_bad])
    apart = np.abs(separation(overs[is_bad], overs[~is_bad]))
    return upper_bound(np.maximum(found, 1 - found)), p_value(float(separation(own[is_bad], own[~is_bad])), apart)


def decided_by(readings: RowReadings, standards: Standards) -> Floats:
    """Return `[rows, width]`: what is projected of every row by the score that decides in its setting."""
    names = np.array([standards[setting_of(row)].score for row in readings.rows])
    out = np.empty_like(readings.response)
    for name in set(names.tolist()):
        out[names == name] = formed(readings, name)[names == name]
    return out


def _auroc(scores: Floats, is_bad: NDArray[np.bool_]) -> Estimate:
    return auc_estimate(scores, is_bad, np.arange(len(scores)))
