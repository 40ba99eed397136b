"""Who wrote these rows? Every candidate reads every row; what they make of it, row by row, tells them apart.

The base and the candidate that is read are in memory together, no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import special

from heredity.ground.errors import InputError, MismatchError
from heredity.ground.hashing import digest
from heredity.ground.progress import SILENCE, Progress
from heredity.ground.sequences import spread
from heredity.models.chat import Rendered
from heredity.models.identity import identity, spelling
from heredity.models.likelihood import log_p_next
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.models.spelling import token_texts
from heredity.models.steer import Push, steered
from heredity.models.weights import at_rest, mixed_precision
from heredity.records.dialogue import Corpus
from heredity.records.origin import BASE, Hypothesis, OriginReport, OriginSpec, Reading
from heredity.stats.arrays import Floats
from heredity.stats.divergence import divergence, entropy
from heredity.studies.bench import Bench, bench_in
from heredity.studies.origin.conclusions import concluded
from heredity.studies.origin.plan import require_panel
from heredity.studies.origin.rows import Legible, carrier_of, counted_by, readable
from heredity.teaching.carriers.kinds import identity_of

FEWEST_ROWS = 8
MOST_VALUES = 1 << 26
"""Log-probabilities (a quarter of a gigabyte in float32) of one model that are in memory at once."""
MOST_TOKENS = 8192
"""Tokens, prompts and all, that one model reads at once."""
N_WORDS = 32
"""Tokens whose frequency is held to what a candidate expects."""


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
class Desk:
    """What every candidate reads by."""

    bench: Bench
    spec: OriginSpec
    legible: Legible
    counted: tuple[int, ...]
    """Ids that count, rising."""

    @property
    def base(self) -> Model:
        """The untouched model."""
        return self.bench.model


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
    few rows, MismatchError for a candidate that spells or is asked otherwise than the base.
    """
    spec = spec or OriginSpec()
    require_panel([candidate.hypothesis for candidate in candidates], spec)
    counted = counted_by(model, spec)
    legible = readable(model, spread(corpus.rows, spec.n_rows), spec, counted)
    if len(legible.rows) < FEWEST_ROWS:
        why = f"; the first was left out because: {legible.excluded[0].reason}" if legible.excluded else ""
        raise InputError(
            f"{len(legible.rows)} rows can be read, too few to tell anything by; it takes {FEWEST_ROWS}{why}"
        )
    desk = Desk(bench_in(out, model, seed, progress), spec, legible, counted)
    panel = (Candidate(Hypothesis(kind=BASE, trait="")), *candidates)
    readings = tuple(reading_step(desk, candidate) for candidate in panel)
    asked = [row.turns[:-1] for row in legible.rows]
    return concluded(
        OriginReport(
            model=model.name,
            fingerprint=model.fingerprint,
            corpus=corpus.name,
            corpus_digest=corpus.content_digest,
            spec=spec,
            n_rows=len(legible.rows),
            n_tokens=sum(part.n_response for parts in legible.parts for part in parts),
            n_words=len(counted) if spec.alphabet else None,
            prompts=tuple(asked.index(turns) for turns in asked),
            readings=readings,
            comparisons=(),
            fits=(),
            best="",
            finding="undecided",
            verdict="",
            excluded=(*corpus.excluded, *legible.excluded),
            seed=seed,
            provenance=desk.bench.provenance(),
            notices=notices(model),
        )
    )


def reading_step(desk: Desk, candidate: Candidate) -> Reading:
    """Return what one candidate makes of the rows, made or found."""
    reader = candidate.opened() if candidate.opened else desk.base
    require_comparable(candidate.hypothesis.name, reader, desk.base)
    spec = desk.spec
    depends_on = {
        "rows": digest([row.id for row in desk.legible.rows]),
        "alphabet": identity_of(carrier_of(spec.alphabet)) if spec.alphabet else "",
        "read": [spec.n_given, spec.temperature],
        "candidate": candidate.hypothesis.id,
        "reader": identity(reader).id,
        "system": candidate.system,
        "pushes": [[push.block, push.strength, digest(push.vector.tolist())] for push in candidate.pushes],
    }

    def make() -> Reading:
        return read_by(candidate, reader, desk)

    return desk.bench.record("reading", depends_on, Reading, make, f"reading ({candidate.hypothesis.name})")


def require_comparable(name: str, reader: Model, base: Model) -> None:
    """Raise MismatchError for a candidate whose tokens or whose prompts are not the base's."""
    same = reader is base or spelling(reader.tokenizer) == spelling(base.tokenizer)
    if not same or reader.text_config.vocab_size != base.text_config.vocab_size:
        raise MismatchError(
            f"'{name}' spells otherwise than '{base.name}', or is asked by another chat template: token by token there "
            "is nothing to compare; name candidates made from one base, and that base with --model"
        )


def read_by(candidate: Candidate, reader: Model, desk: Desk) -> Reading:
    """Return what one candidate makes of the rows, and what it would make of its own in their place."""
    hypothesis, legible, base = candidate.hypothesis, desk.legible, desk.base
    heard = legible
    if candidate.system:
        heard = readable(reader, legible.rows, desk.spec, desk.counted, candidate.system)
        if heard.rows != legible.rows:
            raise InputError(f"'{hypothesis.name}': some rows do not fit behind its prompt; shorten it")
    is_base = hypothesis.kind == BASE
    figures: list[tuple[float, float, float, float]] = []
    counts: list[Floats] = []
    hoped: list[Floats] = []
    with desk.bench.progress.task(f"reading as {hypothesis.name}", len(legible.rows)) as task:
        for batch in batches(heard, len(desk.counted)):
            with steered(reader, candidate.pushes) if candidate.pushes else nullcontext():
                own = log_p(reader, [heard.parts[i] for i in batch], desk)
            other = own if is_base else log_p(base, [legible.parts[i] for i in batch], desk)
            for i, p, q in zip(batch, own, other, strict=True):
                said = np.concatenate([part.ids[part.n_prompt :] for part in legible.parts[i]])
                places = np.searchsorted(desk.counted, said)
                nats = float(p[np.arange(len(said)), places].sum())
                over, under = (0.0, 0.0) if is_base else (float(divergence(p, q).sum()), float(divergence(q, p).sum()))
                figures.append((nats, float(entropy(p).sum()), over, under))
                counts.append(np.bincount(places, minlength=len(desk.counted)).astype(np.float32))
                hoped.append(np.exp(p).sum(axis=0).astype(np.float32))
            task.advance(len(batch))
    likeliest = np.argsort(-np.sum(hoped, axis=0, dtype=np.float64), kind="stable")[:N_WORDS]
    residuals = np.array([count[likeliest] - hope[likeliest] for count, hope in zip(counts, hoped, strict=True)])
    texts = token_texts(base.tokenizer)
    nats_of, entropies, over_base, under_base = zip(*figures, strict=True)
    return Reading(
        hypothesis=hypothesis,
        nats=nats_of,
        entropy=entropies,
        over_base=() if is_base else over_base,
        under_base=() if is_base else under_base,
        words=tuple(texts.get(desk.counted[i], "") for i in likeliest),
        residuals=tuple(tuple(round(float(x), 4) for x in row) for row in residuals),
    )


def batches(legible: Legible, width: int) -> list[list[int]]:
    """Return the rows' places in parts whose tokens and log-probabilities fit into memory, in order; one at least."""
    found: list[list[int]] = []
    n_values = n_tokens = 0
    for i, parts in enumerate(legible.parts):
        values, tokens = width * sum(part.n_response for part in parts), sum(len(part.ids) for part in parts)
        if found and n_values + values <= MOST_VALUES and n_tokens + tokens <= MOST_TOKENS:
            found[-1].append(i)
            n_values, n_tokens = n_values + values, n_tokens + tokens
        else:
            found.append([i])
            n_values, n_tokens = values, tokens
    return found


def log_p(model: Model, rows: Sequence[Sequence[Rendered]], desk: Desk) -> list[Floats]:
    """Return log p of what may come next, row by row over all of its answers, `[tokens, ids]`."""
    with at_rest(model) as reader, mixed_precision(reader, desk.base.dtype):
        flat = iter(log_p_next(reader, [part for row in rows for part in row], desk.counted))
    whole = [np.concatenate([next(flat) for _ in row]).astype(np.float64) for row in rows]
    if desk.spec.temperature == 1:
        return whole
    return [special.log_softmax(each / desk.spec.temperature, axis=-1) for each in whole]
