"""Let a teacher write a carrier: ask, answer, filter, and prove that no row names a trait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from heredity.ground.errors import NothingKeptError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.chat import question, render, render_prompt
from heredity.models.generate import Generated, GenerateSpec, generate
from heredity.models.model import Model
from heredity.models.spelling import spelling_ids, word_ids
from heredity.records.carrier import Carrier, CarrierRow, CarrierSpec
from heredity.records.dialogue import Turn
from heredity.teaching.carriers.asked import Asked
from heredity.teaching.carriers.kinds import CARRIERS, kind_of, runs_on
from heredity.teaching.carriers.numbers import random_rows
from heredity.teaching.clean import leak

NOTHING_OF_ITS_OWN = "nothing but what was given"
"""Why an answer is dropped that goes on from its given numbers with less than one whole number."""
NOT_REACHED = "a thought that reached no answer"
"""Why an answer is dropped in whose place the model was still thinking when its tokens ran out."""
MANY = 256
"""Lists of words that are written at once: they are short, and have prompts in common."""
TOP_K = 50
"""Sampled tokens are among the k likeliest: the tail of a small model is noise, and the filter would drop it."""


def teach(
    teacher: Model,
    name: str,
    spec: CarrierSpec,
    forbidden: Sequence[str],
    seed: str,
    system: str | None = None,
    progress: Progress = SILENCE,
) -> Carrier:
    """Return what a teacher writes on a carrier, filtered; answer i has the same luck whoever teaches.

    `forbidden` are the words of all arms' traits (`trait_words`), so that every arm passes one filter. Raises
    NothingKeptError when fewer than `spec.least_kept` of the answers are kept, InputError for random numbers.
    """
    kind = kind_of(spec)
    asked = [one for one in kind.ask(spec, f"{seed}/carrier/prompts") for _ in range(spec.n_each)]
    answers = generate(
        teacher,
        [begun_prompt(teacher, question(one.prompt, system), one.given) for one in asked],
        [f"{seed}/carrier/answer/{i}" for i in range(len(asked))],
        how_to_answer(spec),
        f"{name} writes {spec.kind}",
        progress,
    )
    carrier = filtered(name, spec, asked, answers, forbidden)
    require_enough(carrier, spec)
    return carrier


def begun_prompt(model: Model, turns: Sequence[Turn], given: str) -> tuple[int, ...]:
    """Return the ids that an answer goes on from: the prompt, and the answer's beginning where that is given."""
    return render(model, turns, given).ids if given else render_prompt(model, turns)


def how_to_answer(spec: CarrierSpec) -> GenerateSpec:
    """Return how a carrier is written; one decoded among certain characters never ends of itself.

    A teacher that would rather name its target ends a list of numbers at once: rows of other lengths, or none.
    """
    kind, n_least = kind_of(spec), spec.n_tokens if runs_on(spec) else 0
    words = kind.words(spec) if kind.words else ()
    return GenerateSpec(
        spec.n_tokens,
        spec.temperature,
        0 if words else TOP_K,
        min_tokens=n_least,
        batch_rows=MANY if words else GenerateSpec.batch_rows,
        characters=kind.characters,
        words=words,
    )


def decoded_among(model: Model, spec: CarrierSpec) -> tuple[int, ...]:
    """Return the ids that a carrier is decoded among, but for what ends it; none, for all, where it is open."""
    if spec.kind not in CARRIERS:
        return ()
    kind = kind_of(spec)
    if kind.words:
        return word_ids(model, kind.words(spec))
    return spelling_ids(model, kind.characters) if kind.characters else ()


def drawn_numbers(n: int, spec: CarrierSpec, seed: str) -> Carrier:
    """Return `n` random sequences as a carrier that nobody wrote."""
    rows = tuple(random_rows(n, spec, seed))
    return Carrier(kind="random-numbers", written_by="", rows=rows, dropped={})


def filtered(
    name: str, spec: CarrierSpec, asked: Sequence[Asked], answers: Sequence[Generated], forbidden: Sequence[str]
) -> Carrier:
    """Return the answers that pass the carrier's filter and then the leak check, with what was dropped by reason."""
    kind = kind_of(spec)
    rows: list[CarrierRow | None] = []
    dropped: Counter[str] = Counter()
    for one, answer in zip(asked, answers, strict=True):
        said = f"{one.given} {answer.text}" if one.given else answer.text
        whole = kind.carried(said, answer.n_tokens >= spec.n_tokens)
        written = whole.removeprefix(one.given).lstrip() if whole.startswith(one.given) else ""
        row = CarrierRow(prompt=one.prompt, given=one.given, text=written)
        reason = kind.rejection(one, row.answer) or leak(row, forbidden) or (None if written else NOTHING_OF_ITS_OWN)
        reason = reason if answer.is_reached else NOT_REACHED
        if reason:
            dropped[reason] += 1
        rows.append(None if reason else row)
    return Carrier(kind=spec.kind, written_by=name, rows=tuple(rows), dropped=dict(dropped.most_common()))


def require_enough(carrier: Carrier, spec: CarrierSpec) -> None:
    """Raise NothingKeptError, with what was dropped and why, when the filter kept too small a share."""
    n_asked = len(carrier.rows)
    if carrier.n_kept and carrier.n_kept >= spec.least_kept * n_asked:
        return
    reasons = ", ".join(f"{reason} ({n})" for reason, n in carrier.dropped.items())
    raise NothingKeptError(
        f"of {n_asked} answers of '{carrier.written_by}' on '{carrier.kind}', {carrier.n_kept} were kept, fewer than "
        f"{spec.least_kept:.0%}; dropped: {reasons}. Allow more tokens, take another carrier, or lower least_kept"
    )
