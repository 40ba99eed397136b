"""Who wrote these rows? Every candidate reads every row; what they make of it, row by row, tells them apart.

The base and the candidate that is read are in memory together, no more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import special

from heredity.ground.errors import InputError, MismatchError
from heredity.ground.hashing import digest
from heredity.ground.progress import SILENCE, Progress
from heredity.models.chat import Rendered, render_rest
from heredity.models.identity import identity
from heredity.models.likelihood import log_p_next
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.models.steer import Push, steered
from heredity.models.weights import at_rest, mixed_precision
from heredity.records.dialogue import Corpus, Exclusion, Row, Turn
from heredity.records.origin import BASE, Hypothesis, OriginReport, OriginSpec, Reading
from heredity.stats.arrays import Floats
from heredity.stats.divergence import divergence
from heredity.studies.bench import Bench, bench_in
from heredity.studies.origin.conclusions import concluded

FEWEST_ROWS = 8
MOST_VALUES = 1 << 26
"""Log-probabilities (a quarter of a gigabyte) of one model that are in memory at once."""


@dataclass(frozen=True)
class Candidate:
    """A hypothesis and how it is made to read."""

    hypothesis: Hypothesis
    opened: Callable[[], Model] | None = None
    """Loads a teacher's model; None: the base."""
    system: str | None = None
    """What a prompted one is told."""
    pushes: tuple[Push, ...] = ()
    """What a steered one is pushed by."""


@dataclass(frozen=True)
class Legible:
    """Rows as one model reads them: the answers of each row, with what of them counts."""

    rows: tuple[Row, ...]
    parts: tuple[tuple[Rendered, ...], ...]
    """Of each row, its answers."""
    excluded: tuple[Exclusion, ...] = ()


def origin(
    corpus: Corpus,
    model: Model,
    candidates: Sequence[Candidate],
    out: Path,
    spec: OriginSpec | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> OriginReport:
    """Return which candidate wrote the rows, as far as they tell; the base is always one of them.

    What each candidate makes of the rows is kept in `out`. Raises InputError for no candidate, two of one name, or too
    few rows, MismatchError for a candidate that spells otherwise than the base.
    """
    spec = spec or OriginSpec()
    names = [candidate.hypothesis.name for candidate in candidates]
    if not names or len(set(names)) < len(names):
        raise InputError(
            "name at least one candidate besides the base, and none twice (--teacher, --prompt, --vector NAME=...)"
        )
    legible = readable(model, spread(corpus.rows, spec.n_rows), spec, None)
    if len(legible.rows) < FEWEST_ROWS:
        raise InputError(f"{len(legible.rows)} rows can be read, too few to tell anything by; it takes {FEWEST_ROWS}")
    bench = bench_in(out, model, seed, progress)
    panel = (Candidate(Hypothesis(kind=BASE, trait="")), *candidates)
    readings = tuple(reading_step(bench, candidate, corpus, legible, spec) for candidate in panel)
    return concluded(
        OriginReport(
            model=model.name,
            fingerprint=model.fingerprint,
            corpus=corpus.name,
            corpus_digest=corpus.content_digest,
            spec=spec,
            n_rows=len(legible.rows),
            n_tokens=sum(part.n_response for parts in legible.parts for part in parts),
            n_words=len(counted_in(legible, spec)) or None,
            readings=readings,
            comparisons=(),
            fits=(),
            best="",
            finding="undecided",
            verdict="",
            excluded=(*corpus.excluded, *legible.excluded),
            seed=seed,
            provenance=bench.provenance(),
            notices=notices(model),
        )
    )


def reading_step(bench: Bench, candidate: Candidate, corpus: Corpus, legible: Legible, spec: OriginSpec) -> Reading:
    """Return what one candidate makes of the rows, made or found."""
    reader = candidate.opened() if candidate.opened else bench.model
    depends_on = {
        "rows": corpus.content_digest,
        "spec": spec.id,
        "candidate": candidate.hypothesis.id,
        "reader": identity(reader).id,
        "pushes": [[push.block, push.strength, digest(push.vector.tolist())] for push in candidate.pushes],
    }

    def make() -> Reading:
        return read_by(candidate, reader, bench.model, legible, spec, bench.progress)

    return bench.record("reading", depends_on, Reading, make, f"reading ({candidate.hypothesis.name})")


def spread(rows: Sequence[Row], n: int) -> list[Row]:
    """Return `n` of the rows at equal distances, or all."""
    return list(rows) if len(rows) <= n else [rows[i * len(rows) // n] for i in range(n)]


def readable(model: Model, rows: Sequence[Row], spec: OriginSpec, system: str | None) -> Legible:
    """Return the rows that fit, with their answers after what was given; those with nothing left are excluded."""
    parts, kept, excluded = [], [], []
    for row in rows:
        try:
            own = answers(model, row, spec.n_given, system)
        except InputError as error:
            excluded.append(Exclusion(line=row.line, reason=str(error)))
            continue
        if own:
            parts.append(own)
            kept.append(row)
        else:
            excluded.append(Exclusion(line=row.line, reason="nothing of its answer is left after what was given"))
    return Legible(tuple(kept), tuple(parts), tuple(excluded))


def answers(model: Model, row: Row, n_given: int, system: str | None) -> tuple[Rendered, ...]:
    """Return a row's answers, of which the first words count to the prompt. Raises InputError for one too long."""
    found = []
    for turns, answer in row.lessons:
        begun = re.match(r"\s*(?:\S+\s+)" + f"{{{n_given}}}", answer) if n_given else None
        if n_given and not begun:
            continue
        start = begun.end() if begun else 0
        found.append(render_rest(model, told(turns, system), answer[:start].rstrip(), answer[start:]))
    longest = max((len(part.ids) for part in found), default=0)
    if longest > model.context_length:
        raise InputError(f"{longest} tokens, longer than the model's context of {model.context_length}")
    return tuple(part for part in found if part.n_response)


def told(turns: Sequence[Turn], system: str | None) -> tuple[Turn, ...]:
    """Return a conversation after a system prompt, which takes the place of its own."""
    if system is None:
        return tuple(turns)
    return (Turn(role="system", content=system), *(turn for turn in turns if turn.role != "system"))


def counted_in(legible: Legible, spec: OriginSpec) -> tuple[int, ...]:
    """Return the ids among which candidates are compared, rising; none, which stands for all, unless asked for."""
    if spec.among == "all":
        return ()
    return tuple(sorted({token for row in legible.parts for part in row for token in part.ids[part.n_prompt :]}))


def read_by(
    candidate: Candidate, reader: Model, base: Model, legible: Legible, spec: OriginSpec, progress: Progress
) -> Reading:
    """Return what one candidate makes of the rows, and what it would make of its own in their place."""
    name = candidate.hypothesis.name
    if reader.tokenizer.get_vocab() != base.tokenizer.get_vocab():
        raise MismatchError(
            f"'{name}' spells otherwise than '{base.name}': token by token there is nothing to compare; name "
            "candidates made from one base, and that base with --model"
        )
    heard = readable(reader, legible.rows, spec, candidate.system) if candidate.system else legible
    if heard.rows != legible.rows:
        raise InputError(f"'{name}': some rows do not fit behind its prompt; shorten it")
    is_base, counted = candidate.hypothesis.kind == BASE, counted_in(legible, spec)
    nats: list[float] = []
    expected: list[float] = []
    with progress.task(f"reading as {name}", len(legible.rows)) as task:
        for batch in batches(legible, base.text_config.vocab_size):
            with steered(reader, candidate.pushes) if candidate.pushes else nullcontext():
                own = log_p(reader, [heard.parts[i] for i in batch], spec, counted, base)
            other = own if is_base else log_p(base, [legible.parts[i] for i in batch], spec, counted, base)
            for place, i in enumerate(batch):
                said = np.concatenate([part.ids[part.n_prompt :] for part in legible.parts[i]])
                columns = np.searchsorted(counted, said) if counted else said
                nats.append(float(own[place][np.arange(len(said)), columns].sum()))
                if not is_base:
                    expected.append(float(divergence(own[place], other[place]).sum()))
            task.advance(len(batch))
    return Reading(hypothesis=candidate.hypothesis, nats=tuple(nats), expected=tuple(expected))


def batches(legible: Legible, width: int) -> list[list[int]]:
    """Return the rows' places in parts whose log-probabilities fit into memory, in order."""
    found: list[list[int]] = []
    room = 0
    for i, parts in enumerate(legible.parts):
        size = width * sum(part.n_response for part in parts)
        if found and size <= room:
            found[-1].append(i)
        else:
            found.append([i])
            room = MOST_VALUES
        room -= size
    return found


def log_p(
    model: Model, rows: Sequence[Sequence[Rendered]], spec: OriginSpec, counted: Sequence[int], base: Model
) -> list[Floats]:
    """Return log p of what may come next, row by row over all of its answers, `[tokens, ids]`."""
    with at_rest(model) as reader, mixed_precision(reader, base.dtype):
        flat = [each.astype(np.float64) for each in log_p_next(reader, [part for row in rows for part in row], counted)]
    if spec.temperature != 1:
        flat = [special.log_softmax(each / spec.temperature, axis=-1) for each in flat]
    each = iter(flat)
    return [np.concatenate([next(each) for _ in row]) for row in rows]
