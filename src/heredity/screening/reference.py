"""Benign rows to set the threshold by: the user's own, or the untouched model's answers to the same prompts."""

from __future__ import annotations

import random
from collections.abc import Sequence

from heredity.ground.errors import InputError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import Progress
from heredity.models.chat import render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.records.dialogue import Corpus, Row, Turn
from heredity.screening.spec import ScreenSpec


def own_answers(corpus: Corpus, model: Model, spec: ScreenSpec, seed: str, progress: Progress) -> tuple[Row, ...]:
    """Return a sample of the corpus's prompts with the model's own answers in place of the corpus's.

    They are benign as far as the model is, and match the corpus in topic; they do not match it in style where
    people, or another model, wrote the corpus. Reference rows of the user's own are better.
    """
    chosen = random.Random(seed_from(seed, "reference")).sample(corpus.rows, min(spec.n_reference, len(corpus.rows)))
    usable: list[tuple[Row, tuple[Turn, ...], tuple[int, ...]]] = []
    for row in chosen:
        context = row.lessons[0][0]
        try:
            ids = render_prompt(model, context)
        except InputError:
            continue
        if len(ids) + spec.n_tokens <= model.context_length:
            usable.append((row, context, ids))
    made = generate(
        model,
        [ids for _, _, ids in usable],
        [f"{seed}/reference/{row.line}" for row, _, _ in usable],
        GenerateSpec(n_tokens=spec.n_tokens, temperature=spec.temperature, min_tokens=3),
        "writing reference answers",
        progress,
    )
    return tuple(
        Row(line=row.line, turns=(*context, Turn(role="assistant", content=answer.text)))
        for (row, context, _), answer in zip(usable, made, strict=True)
        if answer.text
    )


def require_enough(rows: Sequence[Row], spec: ScreenSpec) -> None:
    """Raise InputError when there are too few reference rows for the rate asked for."""
    needed = max(10, round(1 / spec.false_alarm_rate))
    if len(rows) < needed:
        raise InputError(
            f"{len(rows)} benign reference rows cannot set a threshold at a false-alarm rate of "
            f"{spec.false_alarm_rate:g}; it takes at least {needed}: give more with --reference, or raise the rate"
        )
