"""The verb: which rows would push the model along the vector?"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.records.dialogue import Corpus, require_mixed
from heredity.records.reading import Form
from heredity.records.screening import Detection, RowScore, ScreenReport
from heredity.records.vector import TraitVector
from heredity.screening.projection import RowReadings, fitting, read_fitting, read_rows_at
from heredity.screening.reference import own_answers, require_enough
from heredity.screening.spec import ScreenSpec
from heredity.stats.discrimination import auc, auc_estimate, separation
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import wilson
from heredity.stats.nulls import matched_directions, p_value, upper_bound

Floats = NDArray[np.float64]


def screen(
    corpus: Corpus,
    vector: TraitVector,
    model: Model,
    spec: ScreenSpec | None = None,
    reference: Corpus | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> ScreenReport:
    """Return every row's scores, and flags over a threshold set on benign reference rows.

    Without `reference` the model answers a sample of the corpus's own prompts. Where the corpus is labelled, the
    report says how well the screen finds the bad rows. Raises MismatchError for a vector of another model, InputError
    when no row or too few reference rows can be read, or all or none of the rows that can be read are bad.
    """
    spec = spec or ScreenSpec()
    vector.require_model(model.name, model.fingerprint)
    chosen = fitting(model, corpus.rows)
    if corpus.bad_lines is not None:
        require_mixed([row.line in corpus.bad_lines for row in chosen.rows])
    benign = reference.rows if reference else own_answers(corpus, model, spec, seed, progress)
    require_enough(benign, spec)
    form = spec.form or vector.header.form
    readings = read_fitting(model, chosen, vector.block, progress)
    reference_scores = read_rows_at(model, benign, vector.block, progress).score(form, vector.unit)
    threshold = float(np.quantile(reference_scores, 1 - spec.false_alarm_rate))
    rows = score_rows(readings, vector, form, threshold)
    return ScreenReport(
        corpus=corpus.name,
        corpus_digest=corpus.content_digest,
        trait=vector.header.trait.name,
        vector_id=vector.header.id,
        block=vector.block,
        form=form,
        threshold=threshold,
        false_alarm_rate=spec.false_alarm_rate,
        reference=f"{reference.name} ({len(benign)} rows)" if reference else f"{len(benign)} answers of {model.name}",
        reference_scores=tuple(float(score) for score in reference_scores),
        rows=rows,
        excluded=(*corpus.excluded, *readings.excluded),
        share_flagged=wilson(sum(row.flagged for row in rows), len(rows)),
        detection=None if corpus.bad_lines is None else detect(readings, rows, form, corpus.bad_lines, spec, seed),
    )


def score_rows(readings: RowReadings, vector: TraitVector, form: Form, threshold: float) -> tuple[RowScore, ...]:
    """Return one score a row, flagged where the deciding form is over the threshold."""
    projection, difference = readings.score("projection", vector.unit), readings.score("difference", vector.unit)
    decides = projection if form == "projection" else difference
    return tuple(
        RowScore(
            line=row.line,
            projection=float(projection[i]),
            difference=float(difference[i]),
            flagged=bool(decides[i] > threshold),
            n_tokens=int(readings.n_tokens[i]),
            prompt=row.prompt,
            response=row.response,
        )
        for i, row in enumerate(readings.rows)
    )


def detect(
    readings: RowReadings,
    rows: Sequence[RowScore],
    form: Form,
    bad_lines: Collection[int],
    spec: ScreenSpec,
    seed: str,
) -> Detection:
    """Return how well scores find rows that are known to be bad, against random directions in the same readings."""
    is_bad = np.array([row.line in bad_lines for row in rows])
    random = matched_directions(readings.formed(form), spec.n_null, seed_from(seed, "screen null"), is_bad)
    luck = readings.score(form, random.T)
    found = auc(luck[is_bad], luck[~is_bad])
    apart = np.abs(separation(luck[is_bad], luck[~is_bad]))
    flagged = np.array([row.flagged for row in rows])
    forms = {
        "projection": [row.projection for row in rows],
        "difference": [row.difference for row in rows],
    }
    own = np.array(forms[form])
    other = "difference" if form == "projection" else "projection"
    return Detection(
        n_bad=int(is_bad.sum()),
        auroc=_auroc(forms[form], is_bad),
        auroc_other_form=_auroc(forms[other], is_bad),
        random_directions=upper_bound(np.maximum(found, 1 - found)),
        p_random=p_value(float(separation(own[is_bad], own[~is_bad])), apart),
        n_null=spec.n_null,
        recall=wilson(int((flagged & is_bad).sum()), int(is_bad.sum())),
        precision=wilson(int((flagged & is_bad).sum()), int(flagged.sum())) if flagged.any() else None,
    )


def _auroc(scores: list[float], is_bad: NDArray[np.bool_]) -> Estimate:
    return auc_estimate(scores, is_bad, np.arange(len(scores)))
