"""A screen, and what is done by it: rows written as they came, with new answers, or with their sides exchanged."""

from __future__ import annotations

from dataclasses import replace

from heredity.records.acting import Replacements, Swaps
from heredity.records.row_scores import Screened
from heredity.screening.sides import difference_after, swaps_of
from heredity.screening.tally import expected_after
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
    told = {"written": targets.written(scores, replaced, swapped), **foretold(screened, replaced, swapped, measure)}
    return replace(screened, report=screened.report.model_copy(update=told))


def foretold(
    screened: Screened, replaced: Replacements | None, swapped: Swaps | None, measure: Measure
) -> dict[str, object]:
    """Return what the report says that training on the rows as they were written would be towards."""
    report, found = screened.report, dict[str, object]()
    thresholds, distance = report.thresholds, measure.distance
    if replaced and replaced.rows and report.expected:
        new = {row.line: row.score for row in replaced.rows}
        after = expected_after(screened.scores, new, thresholds, distance)
        found["expected"] = report.expected.model_copy(update={"replaced": after})
    if swapped and swapped.lines and report.pairs and screened.rejected is not None:
        turned = difference_after(swapped, screened.scores, screened.rejected, thresholds, distance)
        found["pairs"] = report.pairs.model_copy(update={"swapped": turned})
    return found
