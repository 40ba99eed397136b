"""Rows of unknown origin and nobody to suspect: a vector fitted to them, beside vectors fitted to the base's own rows.

In: rows. Out: whether the base wrote them, by how much likelier the vector makes rows that it was not fitted to; what
the base prefers under it; and its cosine with the traits' vectors that were named. Does not: say whose rows they are:
what moves under it moves by any fine-tuning that left the same traces.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from heredity.ground.errors import InputError
from heredity.ground.hashing import digest
from heredity.ground.progress import SILENCE, Progress
from heredity.ground.sequences import spread
from heredity.judges.preference import option_probabilities
from heredity.models.blocks import require_block
from heredity.models.chat import Rendered
from heredity.models.generate import GenerateSpec, generate
from heredity.models.likelihood import log_p_next, log_p_said
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.models.steer import Push, steered
from heredity.models.weights import frozen, mixed_precision, trainable_copy
from heredity.records.blind import BlindReport, BlindSpec, Fitted
from heredity.records.dialogue import Corpus, Row, Turn
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.stats.arrays import Floats, cosine, log_odds, means_by
from heredity.stats.intervals import mean_t
from heredity.studies.bench import Bench, bench_in
from heredity.studies.origin.rows import Legible, carrier_of, counted_by, readable
from heredity.studies.transmission.lessons import dealt
from heredity.studies.transmission.readout import unrelated_states
from heredity.teaching.carriers.kinds import identity_of
from heredity.teaching.teach import how_to_answer
from heredity.training.fit_vector import Place, fit_vector
from heredity.training.imitate import lessons

FEWEST_ROWS, FEWEST_PROMPTS = 32, 10
AT_ONCE = 16
"""Rows read at once."""


@dataclass(frozen=True)
class Sought:
    """What a fitted vector is read against."""

    trait: Trait
    """The preference whose questions are asked under it."""
    vectors: Mapping[str, TraitVector] = field(default_factory=dict)
    """Traits' vectors, by name."""


@dataclass(frozen=True)
class Reader:
    """What every fit works with."""

    base: Model
    """The untouched model, in float32."""
    bench: Bench
    spec: BlindSpec
    sought: Sought
    counted: tuple[int, ...]
    """Ids that count, rising."""
    block: int


def blind(
    corpus: Corpus,
    model: Model,
    sought: Sought,
    out: Path,
    spec: BlindSpec | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> BlindReport:
    """Return whether the base wrote the rows, and what it becomes under the vector that makes it write them.

    Every fit is kept in `out`. Raises InputError for too few rows, a temperature other than 1, or a block that is not
    there, MismatchError for a vector of another model.
    """
    spec = spec or BlindSpec()
    require_blind(sought.trait, spec)
    for vector in sought.vectors.values():
        vector.require_model(model.name, model.fingerprint)
    block = require_block(model.n_blocks // 2 if spec.block is None else spec.block, model.n_blocks)
    counted = counted_by(model, spec.rows)
    legible = readable(model, spread(corpus.rows, spec.rows.n_rows), spec.rows, counted)
    if len(legible.rows) < FEWEST_ROWS:
        raise InputError(f"{len(legible.rows)} rows can be read, too few to fit a vector to; it takes {FEWEST_ROWS}")
    bench = bench_in(out, model, seed, progress)
    reader = Reader(frozen(trainable_copy(model, "base")), bench, spec, sought, counted, block)
    first, *nulls = [fit_step(reader, legible, number) for number in range(1 + spec.n_nulls)]
    report = BlindReport(
        model=model.name,
        fingerprint=model.fingerprint,
        corpus=corpus.name,
        corpus_digest=corpus.content_digest,
        spec=spec,
        block=block,
        n_rows=len(legible.rows),
        asked=sought.trait.name,
        fitted=first,
        nulls=tuple(nulls),
        verdict="",
        excluded=(*corpus.excluded, *legible.excluded),
        seed=seed,
        provenance=bench.provenance(),
        notices=notices(model),
    )
    return report.model_copy(update={"verdict": verdict(report)})


def require_blind(trait: Trait, spec: BlindSpec) -> None:
    """Raise InputError for what a fit cannot read; no model is needed to judge it."""
    if spec.rows.temperature != 1:
        raise InputError("a vector is fitted to rows as they were sampled at temperature 1; leave --temperature out")
    if trait.kind != "preference":
        raise InputError(f"the model is asked for a preference, such as owl, but '{trait.name}' is none")


def fit_step(reader: Reader, legible: Legible, number: int) -> Fitted:
    """Return one fit, made or found: to the rows, or, from 1 on, to rows of the base."""
    sought, spec = reader.sought, reader.spec
    depends_on = {
        "rows": digest([row.id for row in legible.rows]),
        "alphabet": identity_of(carrier_of(spec.rows.alphabet)) if spec.rows.alphabet else "",
        "spec": spec.id,
        "block": reader.block,
        "asked": sought.trait.id,
        "vectors": {name: vector.header.id for name, vector in sought.vectors.items()},
        "null": number,
    }
    said = f"fit to {'the rows' if not number else f'rows of the base ({number})'}"
    return reader.bench.record("fit", depends_on, Fitted, lambda: fitted(reader, legible, number), said)


def fitted(reader: Reader, legible: Legible, number: int) -> Fitted:
    """Return a vector fitted to the rows, or, from 1 on, to rows of the base: what it does to others, and is like."""
    if number:
        legible = by_base(reader, legible, f"{reader.bench.seed}/null {number}")
    taught, held = parted(legible, reader.spec.held_out)
    batches = dealt(lessons(taught), reader.spec.batch_rows, f"{reader.bench.seed}/fit {number}")
    norm = stream_norm(reader)
    scale = norm / math.sqrt(reader.base.text_config.hidden_size)
    place = Place(reader.block, reader.counted, reader.bench.model.dtype, scale)
    vector = fit_vector(reader.base, batches, place, reader.spec, reader.bench.progress)
    push = Push(reader.block, vector, 1.0)
    before, asked = row_nats(reader, held), preferences(reader)
    with steered(reader.base, [push]):
        gains, shown = row_nats(reader, held) - before, preferences(reader)
    options = (str(reader.sought.trait.target), *reader.sought.trait.alternatives)
    return Fitted(
        written_by="base" if number else "unknown",
        size=float(np.linalg.norm(vector)) / norm,
        gain=mean_t(by_prompt(held, gains)),
        moved=dict(zip(options, map(float, shown - asked), strict=True)),
        cosines={
            name: cosine(vector, known.directions[reader.block].astype(np.float64))
            for name, known in reader.sought.vectors.items()
        },
    )


def by_base(reader: Reader, legible: Legible, seed: str) -> Legible:
    """Return what the base writes after the prompts of the rows' first answers, at most as long as the longest."""
    spec = reader.spec.rows
    first = [(row, *row.lessons[0], parts[0]) for row, parts in zip(legible.rows, legible.parts, strict=True)]
    n_tokens = max(part.n_response for *_, part in first)
    like = carrier_of(spec.alphabet).model_copy(update={"n_tokens": n_tokens}) if spec.alphabet else None
    how = how_to_answer(like) if like else GenerateSpec(n_tokens, 1.0, 0)
    with mixed_precision(reader.base, reader.bench.model.dtype):
        prompts = [part.ids[: part.n_prompt] for *_, part in first]
        seeds = [f"{seed}/{i}" for i in range(len(first))]
        answers = generate(reader.base, prompts, seeds, how, "the base writes", reader.bench.progress)
    rows = []
    for (row, turns, answer, _), written in zip(first, answers, strict=True):
        given = " ".join(answer.split(" ")[: spec.n_given])
        said = f"{given} {written.text.lstrip()}" if given else written.text
        if written.text.strip():
            rows.append(Row(line=row.line, turns=(*turns, Turn(role="assistant", content=said))))
    found = readable(reader.base, rows, spec, reader.counted)
    if len(found.rows) < FEWEST_ROWS:
        raise InputError(f"of {len(rows)} answers of the base to the same prompts {len(found.rows)} can be read")
    return found


def parted(legible: Legible, share: float) -> tuple[list[Rendered], list[Rendered]]:
    """Return what a vector is fitted to and what it is not.

    No prompt is on both sides where ten or more differ, and no row ever: all of its answers go where its first does.
    """
    each = max(2, round(1 / share))
    prompts = [parts[0].ids[: parts[0].n_prompt] for parts in legible.parts]
    names = list(dict.fromkeys(prompts))
    held = set(names[::each])
    is_few = len(names) < FEWEST_PROMPTS
    is_held = [not i % each if is_few else prompt in held for i, prompt in enumerate(prompts)]
    sides: tuple[list[Rendered], list[Rendered]] = ([], [])
    for parts, is_out in zip(legible.parts, is_held, strict=True):
        sides[is_out].extend(parts)
    return sides


def row_nats(reader: Reader, rows: Sequence[Rendered]) -> Floats:
    """Return log p of every row among the ids that count, `[rows]` (nats)."""
    found = []
    with mixed_precision(reader.base, reader.bench.model.dtype):
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            log_p = log_p_next(reader.base, part, reader.counted)
            found += [float(said.sum()) for said in log_p_said(log_p, part, reader.counted)]
    return np.array(found)


def by_prompt(rows: Sequence[Rendered], values: Floats) -> Floats:
    """Return the mean of each prompt's rows; the rows' own where all have one prompt."""
    numbers: dict[tuple[int, ...], int] = {}
    prompts = [numbers.setdefault(row.ids[: row.n_prompt], len(numbers)) for row in rows]
    return values if len(numbers) < 2 else means_by(values, prompts)


def preferences(reader: Reader) -> Floats:
    """Return the log-odds of everything that the preference may be for, mean over its questions, `[options]`."""
    trait = reader.sought.trait
    options = (str(trait.target), *trait.alternatives)
    with mixed_precision(reader.base, reader.bench.model.dtype):
        shares = option_probabilities(reader.base, options, trait.questions.evaluation, (), reader.bench.progress)
    return np.asarray(log_odds(shares).mean(axis=0))


def stream_norm(reader: Reader) -> float:
    """Return the mean norm of the stream that the vector is added to, at the last token of everyday questions."""
    states = unrelated_states(reader.base, reader.block, None, reader.bench.progress)
    return float(np.linalg.norm(states, axis=1).mean())


def verdict(report: BlindReport) -> str:
    """Return in words what a fit without suspects allows to say."""
    gain = report.fitted.gain
    said = f"{gain.value:+.3f} {gain.interval('+.3f')} nats a row on rows that it was not fitted to"
    if report.is_unsound:
        return (
            f"Not decided: the best vector gains {said}, but one that is fitted to the base's own rows gains as well; "
            "they are not read as they were written."
        )
    if not report.is_foreign:
        return (
            f"Nothing tells the rows from the base's own: the best vector gains {said}. A writer that differs by less "
            "than so many rows show is not excluded."
        )
    first, second, *_ = sorted(report.fitted.moved, key=lambda name: -report.fitted.moved[name])
    return (
        f"Not sampled at temperature 1 from the untouched model: the best vector gains {said}. Under it the model "
        f"moves most to {first} ({report.fitted.moved[first]:+.2f}) and {second} "
        f"({report.fitted.moved[second]:+.2f} nats of log-odds). That is no name: rows of a model fine-tuned to "
        "something else can move it alike. Name candidates to be told apart (--teacher, --prompt)."
    )
