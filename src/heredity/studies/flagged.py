"""Screens of the rows that a scan reads, for a gate that limits how many of them may be flagged."""

from __future__ import annotations

from collections.abc import Sequence

from heredity.ground.errors import InputError
from heredity.ground.sequences import spread
from heredity.records.dialogue import Corpus, rows_digest
from heredity.records.screening import ScreenReport, ScreenSpec
from heredity.records.vector import TraitVector
from heredity.screening.screen import screen
from heredity.studies.bench import Bench
from heredity.studies.gate import Screens
from heredity.studies.screening import usual_for


def screens_for(corpus: Corpus, n_rows: int, vectors: Sequence[TraitVector], rate: float, bench: Bench) -> Screens:
    """Return a screen of as many rows as the scan reads for every vector's trait, made or found.

    Thresholds are set on the model's own answers, to everyday questions where the rows ask a handful of their own, at a
    rate of false alarms. A trait that the rows cannot be screened for is told with the reason.
    """
    rows = tuple(spread(corpus.rows, n_rows))
    asked = corpus.model_copy(update={"rows": rows})
    spec = ScreenSpec(false_alarm_rate=rate)
    usual = usual_for(asked, bench.model, spec, bench.seed, bench.progress)
    reports: dict[str, ScreenReport] = {}
    failed: dict[str, str] = {}
    for vector in vectors:
        name = vector.header.trait.name

        def make(vector: TraitVector = vector) -> ScreenReport:
            return screen(asked, vector, bench.model, spec, usual, bench.seed, bench.progress).report

        depends_on = {
            "rows": rows_digest(rows),
            "vector": vector.header.id,
            "spec": spec.id,
            "reference": usual.content_digest if usual else None,
        }
        try:
            reports[name] = bench.record("flagged", depends_on, ScreenReport, make, f"rows flagged for {name}")
        except InputError as error:
            failed[name] = str(error)
    return Screens(reports, failed)
