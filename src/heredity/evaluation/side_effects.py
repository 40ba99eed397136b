"""What a model does besides what its evaluation asks: the data's task, the trait behind the data's own prompts, and
where it stands along every trait's vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heredity.evaluation.evaluate import Steered, under_test
from heredity.evaluation.grade import by_question, grades_of
from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.chat import question, render, render_exchanges, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.records.arena import SideEffects
from heredity.records.dialogue import Answer, Row, Turn
from heredity.records.evaluation import EvalSpec, Scores, Yardstick
from heredity.records.student import Student
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector

ANY_ANSWER = "ok"
"""Stands where an answer would, and is not read."""


@dataclass(frozen=True)
class Beside:
    """What is asked besides."""

    trait: Trait
    yardstick: Yardstick
    held_out: tuple[Row, ...]
    cues: tuple[tuple[Turn, ...], ...]
    """Turns before an answer, as the data has them."""
    vectors: tuple[TraitVector, ...]
    spec: EvalSpec
    """Of it, how answers are drawn."""


def side_effects(
    subject: Student | Model | Steered, model: Model, asked: Beside, seed: str = "0", progress: Progress = SILENCE
) -> SideEffects:
    """Return what a model, or a student of `model`, does besides; `model`, untouched, judges."""
    with under_test(model, subject) as tested:
        task = task_scores(tested, asked.held_out, progress)
        answers = answers_behind(tested, asked, seed, progress)
        toward = {vector.header.trait.name: along(tested, vector, asked.trait, progress) for vector in asked.vectors}
    cued: Scores = {}
    if answers and asked.yardstick.calibration is not None:
        cued = by_question(answers, grades_of(answers, asked.trait, model, asked.yardstick.calibration, progress))
    return SideEffects(task=task, cued=cued, toward=toward)


def task_scores(model: Model, rows: Sequence[Row], progress: Progress) -> Scores:
    """Return the mean log p a token (nats) of every row's answers; a row that does not fit is left out."""
    parts = []
    lines = []
    for row in rows:
        try:
            own = render_exchanges(model, row.apart.lessons)
        except InputError:
            continue
        parts += own
        lines += [row.line] * len(own)
    if not parts:
        return {}
    found = log_likelihood(model, parts, label="held-out rows", progress=progress)
    sums: dict[int, tuple[float, int]] = {}
    for line, total, n_tokens in zip(lines, found.total.tolist(), found.n_tokens.tolist(), strict=True):
        before = sums.get(line, (0.0, 0))
        sums[line] = (before[0] + total, before[1] + n_tokens)
    return {f"row {line}": (total / n,) for line, (total, n) in sums.items()}


def answers_behind(model: Model, asked: Beside, seed: str, progress: Progress) -> tuple[Answer, ...]:
    """Return one answer to each of the data's own prompts; arms with the same seed share their luck."""
    if asked.yardstick.calibration is None or not asked.cues:
        return ()
    spec = asked.spec
    made = generate(
        model,
        [render_prompt(model, turns) for turns in asked.cues],
        [f"{seed}/cued/{i}" for i in range(len(asked.cues))],
        GenerateSpec(n_tokens=spec.n_tokens, temperature=spec.temperature),
        "asking the data's own prompts",
        progress,
    )
    return tuple(
        Answer(
            question=next((turn.content for turn in reversed(turns) if turn.role == "user"), ""),
            question_index=i,
            text=answer.text,
            n_tokens=answer.n_tokens,
            thought=answer.thought,
            is_reached=answer.is_reached,
        )
        for i, (turns, answer) in enumerate(zip(asked.cues, made, strict=True))
    )


def along(model: Model, vector: TraitVector, trait: Trait, progress: Progress) -> Scores:
    """Return where each evaluation question's last prompt token lies along a vector, in distances between the poles."""
    asked = trait.questions.evaluation
    rows = [render(model, question(text), ANY_ANSWER) for text in asked]
    found = read(model, rows, [vector.block], ReadSpec(positions=("last_prompt",)), progress)
    distance = float(np.linalg.norm(vector.direction))
    values = found.at("last_prompt", vector.block) @ vector.unit / distance
    return {text: (float(value),) for text, value in zip(asked, values, strict=True)}
