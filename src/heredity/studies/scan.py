"""What would these rows teach? Every known trait at once, and what is none of them; no model is trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.ground.sequences import spread
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.records.base import Record
from heredity.records.dialogue import Corpus, Exclusion, Row, rows_digest
from heredity.records.scan import LeftOver, ScanReport, ScanSpec, Topic, TraitShift
from heredity.records.vector import TraitVector
from heredity.screening.left_over import left_over
from heredity.screening.pairs import Pairs, paired
from heredity.screening.shifts import along, by_group, ranked, shifts
from heredity.screening.space import Space, blocks_at
from heredity.screening.topics import topics
from heredity.stats.arrays import Floats
from heredity.stats.estimate import Estimate
from heredity.store.tensors import load_arrays, save_arrays
from heredity.store.workspace import load_record, save_record
from heredity.studies.bench import Bench, bench_in
from heredity.studies.first_look import first_look
from heredity.studies.known import Known, manner_for

FEWEST_ROWS = 16
"""Rows whose halves say anything."""
ARRAYS, TALLY = "pairs.safetensors", "pairs.json"


class PairsTally(Record):
    """What is known of pairs besides their readings."""

    rows: tuple[Row, ...]
    answers: tuple[str, ...]
    excluded: tuple[Exclusion, ...]


def scan(
    corpus: Corpus,
    known: Known,
    model: Model,
    out: Path,
    spec: ScanSpec | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> ScanReport:
    """Return how far rows lie from the model's own answers to the same prompts, along every trait and beyond.

    The model's own answers and all readings are kept in `out`. Raises InputError for no vector or too few rows that can
    be read, MismatchError for another model's vector.
    """
    spec, vectors = spec or ScanSpec(), known.vectors
    if not vectors:
        raise InputError("there is no trait to look for; name one with --trait")
    for vector in vectors:
        vector.require_model(model.name, model.fingerprint)
    bench = bench_in(out, model, seed, progress)
    asked = spread(corpus.rows, spec.n_rows)
    pairs = pairs_step(
        bench, asked, blocks_at(model.n_blocks), spec, lambda: first_look(model, asked, vectors, progress)
    )
    space = Space(pairs, manner_for(model, pairs.blocks, progress))
    require_enough(len(space.of_units), pairs.excluded)
    groups, found, rest = measured(space, vectors, spec, seed)
    traits = ranked(found, spec.level)
    report = ScanReport(
        model=model.name,
        fingerprint=model.fingerprint,
        corpus=corpus.name,
        corpus_digest=corpus.content_digest,
        spec=spec,
        n_rows=corpus.n_in_file or len(corpus.rows),
        n_unused=len(corpus.excluded),
        n_asked=len(asked),
        n_read=len(pairs.rows),
        n_units=len(space.of_units),
        blocks=pairs.blocks,
        traits=traits,
        without=dict(known.failed),
        topics=groups,
        left_over=rest,
        verdict="",
        excluded=(*corpus.excluded, *pairs.excluded),
        seed=seed,
        notices=(*notices(model, corpus.rows), *(line for vector in vectors for line in vector.notices)),
        provenance=bench.provenance(),
    )
    return report.model_copy(update={"verdict": verdict(report)})


def measured(
    space: Space, vectors: Sequence[TraitVector], spec: ScanSpec, seed: str
) -> tuple[tuple[Topic, ...], list[TraitShift], LeftOver]:
    """Return the topics, every trait's shift, and what is left over, the last two by topic as well."""
    groups, places = topics(space.pairs, spec, seed)
    directions = {vector.header.trait.name: space.direction(vector) for vector in vectors}

    def in_topics(scores: Floats) -> tuple[Estimate | None, ...]:
        found = by_group(scores, [str(place) for place in places.tolist()], space.units)
        return tuple(found.get(str(place)) for place in range(len(groups)))

    found = [
        shift.model_copy(update={"by_topic": in_topics(along(space.differences, directions[shift.trait]))})
        for shift in shifts(space, vectors, spec, seed)
    ]
    rest, scores = left_over(space, list(directions.values()), spec, seed)
    return groups, found, rest.model_copy(update={"by_topic": in_topics(scores)})


def require_enough(n_rows: int, excluded: Sequence[Exclusion] = (), what: str = "scan") -> None:
    """Raise InputError for rows whose halves say nothing."""
    if n_rows < FEWEST_ROWS:
        first = f"; the first was left out because: {excluded[0].reason}" if excluded else ""
        raise InputError(f"{n_rows} different rows can be read, too few to {what}; it takes {FEWEST_ROWS}{first}")


def pairs_step(
    bench: Bench,
    rows: Sequence[Row],
    blocks: Sequence[int],
    spec: ScanSpec,
    begin: Callable[[], None] = lambda: None,
) -> Pairs:
    """Return rows beside the model's own answers, made or found; where they are made, `begin` is called first."""

    def make(folder: Path) -> None:
        begin()
        pairs = paired(bench.model, rows, blocks, spec, bench.seed, bench.progress)
        arrays: dict[str, Floats] = {"taught": pairs.taught, "own": pairs.own, "prompt": pairs.prompt}
        save_arrays(
            {**{name: array.astype(np.float32) for name, array in arrays.items()}, "n_tokens": pairs.n_tokens},
            folder / ARRAYS,
        )
        save_record(PairsTally(rows=pairs.rows, answers=pairs.answers, excluded=pairs.excluded), folder / TALLY)

    def load(folder: Path) -> Pairs:
        arrays, tally = load_arrays(folder / ARRAYS), load_record(PairsTally, folder / TALLY)
        taught, own, prompt = (arrays[name].astype(np.float64) for name in ("taught", "own", "prompt"))
        return Pairs(tally.rows, tuple(blocks), taught, own, prompt, arrays["n_tokens"], tally.answers, tally.excluded)

    depends_on = {"rows": rows_digest(tuple(rows)), "blocks": list(blocks), "own": [spec.n_tokens, spec.temperature]}
    return bench.step("pairs", depends_on, make, load, "rows and the model's own answers")


def verdict(report: ScanReport) -> str:
    """Return what may be said, in words."""
    n, beside = report.n_read, "what the model itself would say"
    rest, held = report.left_over, report.held
    if report.shown:
        first, *others = [f"{'more' if one.shift.value > 0 else 'less'} {one.trait}" for one in report.shown]
        shift = report.shown[0].shift
        then = f", then {', '.join(others)}" if others else ""
        far = f"{shift.value:+.2f} {shift.interval('+.2f')} of the distance between its poles"
        return f"Beside {beside}, these {n} rows hold {first} ({far}){then}."
    if report.clear and held is not None:
        return (
            f"These {n} rows differ from {beside}, but hardly along these traits ({held:.0%} of the difference): by "
            "another hand, on another subject, or by a trait that was not looked for."
        )
    differ = "" if rest.share is None or rest.p >= report.spec.level else " They differ from it in something else."
    return f"None of {len(report.traits)} traits is shown in {n} rows beside {beside}.{differ}"
