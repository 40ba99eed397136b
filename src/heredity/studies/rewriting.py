"""New answers for flagged rows, chunk by chunk, each kept when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from heredity.records.acting import Replacement, Replacements
from heredity.records.dialogue import Exclusion, Row, rows_digest
from heredity.records.row_scores import RowScores
from heredity.screening.rewriting import rewritten
from heredity.screening.tally import deciding
from heredity.store.row_file import RowFile
from heredity.store.workspace import load_record, save_record
from heredity.studies.bench import RECORD, Bench
from heredity.studies.engines.shards import Measure, scores_in

CHUNK = 256
"""Flagged rows that are answered together."""
TOO_HIGH = "the model's own answer lies over the threshold, too"


def replacements_for(source: RowFile, scores: RowScores, measure: Measure, bench: Bench) -> Replacements:
    """Return the model's own answers for the flagged rows of a source, held; none that lies over its threshold.

    A run that was stopped goes on with what it has.
    """
    flagged = set(scores.lines[scores.is_flagged].tolist())
    rows = (row for row in source.rows() if row.line in flagged)
    parts: list[Replacements] = []
    while chunk := list(islice(rows, CHUNK)):
        parts.append(chunk_step(bench, chunk, measure))
    return Replacements(
        rows=tuple(row for part in parts for row in part.rows),
        left_out=tuple(one for part in parts for one in part.left_out),
    )


def chunk_step(bench: Bench, rows: Sequence[Row], measure: Measure) -> Replacements:
    """Return some rows' replacements, made or found."""

    def make(folder: Path) -> int:
        before = bench.n_tokens
        save_record(replacements(bench, rows, measure), folder / RECORD)
        return bench.n_tokens - before

    depends_on = {
        "rows": rows_digest(tuple(rows)),
        "vector": measure.vector.header.id,
        "spec": measure.spec.scoring.id,
        "n_tokens": measure.spec.act.n_answer_tokens,
        "told": "answers and scores",
        "standards": measure.thresholds,
        "seed": bench.seed,
    }
    return bench.workspace.stage(
        "replaced", depends_on, make, lambda folder: load_record(Replacements, folder / RECORD)
    ).value


def replacements(bench: Bench, rows: Sequence[Row], measure: Measure) -> Replacements:
    """Return the answers that may take a place: whole, read and judged as the rows were, under the threshold."""
    done, left_out = rewritten(rows, bench.model, measure.spec, bench.seed, bench.progress)
    scores, unread = scores_in(bench.model, done, measure, bench.progress)
    over = scores.gone_lines
    high = tuple(Exclusion(line=line, reason=TOO_HIGH) for line in sorted(over))
    values = deciding(scores, measure.limits)
    fine = {line: value for line, value in zip(scores.lines.tolist(), values.tolist(), strict=True) if line not in over}
    return Replacements(
        rows=tuple(
            Replacement(line=row.line, answers=tuple(answer for _, answer in row.lessons), score=fine[row.line])
            for row in done
            if row.line in fine
        ),
        left_out=(*left_out, *unread, *high),
    )
