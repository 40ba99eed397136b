"""Probes calibrated to benign speech: what counts as high, and when an alarm may sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.chat import question, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.models.thinking import with_thought
from heredity.models.watch import Sight
from heredity.monitor.converse import Spoken, listen
from heredity.monitor.score import alarm_level
from heredity.records.dialogue import Corpus, Row, Turn
from heredity.records.monitor import MonitorSpec, Panel, Probe
from heredity.records.reading import Form
from heredity.records.trait import plain
from heredity.records.vector import TraitVector
from heredity.stats.arrays import Floats
from heredity.stats.conformal import cases_needed, conformal_threshold, mean_excess, share_spent
from heredity.stats.intervals import wilson
from heredity.store.questions import everyday_questions


def calibrate(
    vectors: Sequence[TraitVector],
    model: Model,
    spec: MonitorSpec | None = None,
    reference: Corpus | None = None,
    blocks: Sequence[int] = (),
    seed: str = "0",
    progress: Progress = SILENCE,
) -> Panel:
    """Return one probe for every vector at its own block, or at each of `blocks`, calibrated to benign speech.

    Benign speech is `reference`, or else the model's own answers to everyday questions that no trait asks. One half
    of it gives mean, deviation, percentiles and the alarm's threshold; on the other half, which opens with other
    questions, the false-alarm rate is measured. Both are over a first stretch of tokens, the longest that most benign
    conversations fill. Raises MismatchError for a vector of another model, InputError for too few benign
    conversations, or answers too short for an alarm.
    """
    spec = spec or MonitorSpec()
    if reference:
        require_enough(len(reference.rows), spec)
    for vector in vectors:
        vector.require_model(model.name, model.fingerprint)
    sights, seats = seats_of(vectors, blocks)
    forms = [spec.form for _ in seats]
    rows = reference.rows if reference else benign_answers(model, vectors, spec, seed, progress)
    spoken, _ = listen(model, rows, sights, forms, progress)
    require_enough(len(spoken), spec)
    n = len(spoken)
    name = f"{n} conversations of {reference.name}" if reference else f"{n} answers of {model.name}"
    known, held_out = halves_of(spoken)
    stretch = stretch_of(known, spec)
    probes = [
        calibrated(vectors[i], (block, form, stretch), column_of(known, k), column_of(held_out, k), spec, name)
        for k, ((i, block), form) in enumerate(zip(seats, forms, strict=True))
    ]
    behind = sum(len(answer.tokens) > 1 or any(turn.role == "system" for turn in answer.row.turns) for answer in spoken)
    probes = [probe.model_copy(update={"n_behind": behind}) for probe in probes]
    return Panel(tuple(probes), np.stack([sight.direction for sight in sights]))


def half_needed(spec: MonitorSpec) -> int:
    """Return how many benign conversations the alarm's threshold takes; as many are held out."""
    return cases_needed(spec.false_alarm_rate * share_spent(1))


def require_enough(n: int, spec: MonitorSpec) -> None:
    """Raise InputError where `n` benign conversations are too few for the rate."""
    needed = 2 * half_needed(spec)
    if n < needed:
        raise InputError(
            f"{n} benign conversations cannot set an alarm at a false-alarm rate of {spec.false_alarm_rate:g} and "
            f"measure it; it takes at least {needed}: give more with --reference, or ask for a higher rate"
        )


def stretch_of(spoken: Sequence[Spoken], spec: MonitorSpec) -> int:
    """Return the most tokens that the share asked for of the conversations have, or as many as a threshold takes."""
    lengths = sorted((sum(map(len, answer.tokens)) for answer in spoken), reverse=True)
    n_long = max(int(np.ceil(len(lengths) * spec.share_long)), half_needed(spec))
    return lengths[min(n_long, len(lengths)) - 1]


def seats_of(vectors: Sequence[TraitVector], blocks: Sequence[int]) -> tuple[list[Sight], list[tuple[int, int]]]:
    """Return what to project on, and for each the vector's place and the block. Raises InputError for no vector."""
    if not vectors:
        raise InputError("there is no vector to monitor with; make one with: heredity extract evil")
    seats = [(i, block) for i, vector in enumerate(vectors) for block in (blocks or (vector.block,))]
    beyond = [(i, block) for i, block in seats if not 0 <= block < vectors[i].header.n_blocks]
    if beyond:
        raise InputError(
            f"there is no block {beyond[0][1]}; the model has blocks 0 to {vectors[0].header.n_blocks - 1}"
        )
    sights = []
    for i, block in seats:
        direction = vectors[i].directions[block]
        sights.append(Sight(block, np.divide(direction, np.linalg.norm(direction) + 1e-12, dtype=np.float32)))
    return sights, seats


def halves_of(spoken: Sequence[Spoken]) -> tuple[list[Spoken], list[Spoken]]:
    """Return two halves, as equal as can be, that share no opening question.

    Raises InputError when all conversations open with the same one.
    """
    groups: dict[str, list[int]] = {}
    for i, answer in enumerate(spoken):
        groups.setdefault(opening(answer.row), []).append(i)
    if len(groups) < 2:
        raise InputError(
            f"all {len(spoken)} benign conversations open with the same question; what is benign is measured on "
            "others than it is learnt from: give conversations that open differently with --reference"
        )
    known: list[int] = []
    held_out: list[int] = []
    for group in sorted(groups.values(), key=len, reverse=True):
        smaller = known if len(known) <= len(held_out) else held_out
        smaller += group
    return [spoken[i] for i in sorted(known)], [spoken[i] for i in sorted(held_out)]


def opening(row: Row) -> str:
    """Return the words of what the user says first; a conversation in which no user speaks is like no other."""
    return next((plain(turn.content) for turn in row.turns if turn.role == "user"), f"line {row.line}")


def benign_answers(
    model: Model, vectors: Sequence[TraitVector], spec: MonitorSpec, seed: str, progress: Progress
) -> tuple[Row, ...]:
    """Return the model's own answers to everyday questions that none of the traits asks, without system prompt.

    Raises InputError when no question is left.
    """
    traits = [vector.header.trait.questions for vector in vectors]
    theirs = {plain(text) for one in traits for text in (*one.extraction, *one.evaluation)}
    questions = [text for text in everyday_questions(seed) if plain(text) not in theirs]
    if not questions:
        raise InputError("the traits ask every everyday question there is; give benign speech with --reference")
    n = max(spec.n_benign, int(np.ceil(2.2 * half_needed(spec) / spec.share_long)))
    asked = [questions[i % len(questions)] for i in range(n)]
    made = generate(
        model,
        [render_prompt(model, question(text)) for text in asked],
        [f"{seed}/benign/{i}" for i in range(len(asked))],
        GenerateSpec(n_tokens=spec.n_tokens, temperature=spec.temperature, min_tokens=spec.min_tokens),
        "listening to benign speech",
        progress,
    )
    return tuple(
        Row(
            line=i + 1,
            turns=(*question(text), Turn(role="assistant", content=with_thought(answer.thought, answer.text))),
        )
        for i, (text, answer) in enumerate(zip(asked, made, strict=True))
        if answer.text
    )


def column_of(spoken: Sequence[Spoken], probe: int) -> list[list[Floats]]:
    """Return one probe's raw scores, a `[tokens]` array a turn, a list a conversation."""
    return [[turn[:, probe] for turn in answer.scores] for answer in spoken]


def calibrated(
    vector: TraitVector,
    seat: tuple[int, Form, int],
    known: list[list[Floats]],
    held_out: list[list[Floats]],
    spec: MonitorSpec,
    reference: str,
) -> Probe:
    """Return a probe from its raw scores of the two halves of benign speech; its seat is block, form and stretch.

    Raises InputError when most conversations hold no answer long enough for an alarm.
    """
    block, form, stretch = seat
    tokens = np.concatenate([turn for turns in known for turn in turns])
    mean, deviation = float(tokens.mean()), float(tokens.std()) or 1.0
    halves = [[[(turn - mean) / deviation for turn in turns] for turns in half] for half in (known, held_out)]
    answers = np.array([turn.mean() for turns in halves[0] for turn in turns])
    long = [[turns for turns in half if sum(map(len, turns)) >= stretch] for half in halves]
    levels = [np.array([alarm_level(turns, spec.window, spec.min_tokens, stretch) for turns in half]) for half in long]
    threshold = conformal_threshold(
        levels[0], spec.false_alarm_rate * share_spent(1), f"benign conversations of {stretch} tokens or more"
    )
    if not np.isfinite(threshold):
        short = [all(len(turn) < spec.min_tokens for turn in turns) for half in halves for turns in half]
        raise InputError(
            f"in {sum(short)} of {len(short)} benign conversations every answer is "
            f"shorter than the {spec.min_tokens} tokens that an alarm waits for: give longer ones with --reference, or "
            "lower min_tokens"
        )
    measured = wilson(int((levels[1] > threshold).sum()), len(levels[1]))
    hundred = np.linspace(0, 100, 101)
    return Probe.model_validate(
        {
            "trait": vector.header.trait.name,
            "vector_id": vector.header.id,
            "block": block,
            "form": form,
            "mean": mean,
            "deviation": deviation,
            "token_percentiles": tuple(np.percentile((tokens - mean) / deviation, hundred)),
            "answer_percentiles": tuple(np.percentile(answers, hundred)),
            "threshold": threshold,
            "stretch": stretch,
            "rise": mean_excess(levels[0][np.isfinite(levels[0])]),
            "false_alarm_rate": spec.false_alarm_rate,
            "measured_rate": replace(measured, unscored=len(held_out) - len(levels[1])),
            "window": spec.window,
            "min_tokens": spec.min_tokens,
            "n_benign": len(known),
            "n_long": len(levels[0]),
            "reference": reference,
        }
    )
