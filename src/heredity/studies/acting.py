"""A screen, and what is done by it: rows written as they came, with new answers, or with their sides exchanged."""

from __future__ import annotations

from dataclasses import replace

from heredity.records.row_scores import Screened
from heredity.screening.sides import swaps_of
from heredity.store.survey import Survey
from heredity.store.targets import Targets
from heredity.studies.bench import Bench
from heredity.studies.engines.shards import Measure
from heredity.studies.rewriting import replacements_for
from heredity.studies.screening import screened_by


def screened_into(targets: Targets, found: Survey, measure: Measure, bench: Bench) -> Screened:
    """Return the screen of the targets' rows, with what was written of them, where that was asked for."""
    screened = bench.timed("screen", lambda: screened_by(targets.source, found, measure, bench))
    scores, rejected = screened.scores, screened.rejected
    replaced, swapped = None, None
    if targets.replace:
        replaced = bench.timed("own answers", lambda: replacements_for(targets.source, scores, measure, bench))
    if targets.swap and rejected is not None:
        swapped = swaps_of(scores, rejected)
    written = targets.written(scores, replaced, swapped)
    return replace(screened, report=screened.report.model_copy(update={"written": written}))
