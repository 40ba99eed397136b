"""Benign rows to set a threshold by: the user's own, or the untouched model's answers to the same prompts."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from heredity.ground.errors import InputError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import Progress
from heredity.models.generate import GenerateSpec
from heredity.models.model import Model
from heredity.models.thinking import with_thought
from heredity.records.dialogue import Corpus, Row
from heredity.records.screening import ScreenSpec
from heredity.screening.drafts import Draft, answer_next
from heredity.screening.readings import fitting
from heredity.stats.conformal import cases_needed
from heredity.store.survey import surveyed

LEAST_MEASURED = 10
"""Benign rows that set nothing and say what the rate is; fewer say nothing."""
MOST_LESSONS = 3
"""Answers of a conversation that the model gives anew; the rest of a longer one is left out of the reference."""


def rows_needed(rate: float) -> int:
    """Return how many benign rows, read, a threshold at this rate takes together with a measurement of the rate."""
    return cases_needed(rate) + LEAST_MEASURED


def require_enough(rows: Sequence[Row], spec: ScreenSpec) -> None:
    """Raise InputError when there are too few reference rows for the rate asked for."""
    needed = rows_needed(spec.false_alarm_rate)
    if len(rows) < needed:
        raise InputError(
            f"{len(rows)} benign reference rows cannot set a threshold at a false-alarm rate of "
            f"{spec.false_alarm_rate:g} and measure it; it takes at least {needed}: give more with --reference, or ask "
            "for a higher rate"
        )


def require_screenable(corpus: Corpus, reference: Corpus | None, model: Model, spec: ScreenSpec) -> None:
    """Raise InputError, before anything is computed, where no row or too few reference rows can be read."""
    fitting(model, corpus.rows)
    if reference:
        require_enough(fitting(model, reference.rows).rows, spec)


def held_rows(rows: Iterable[Row], seed: str) -> list[Row]:
    """Return the rows that benign answers are drawn for, setting by setting: those that a survey of a file holds."""
    return surveyed(((row, "") for row in rows), seed).rows


def own_answers(rows: Sequence[Row], model: Model, spec: ScreenSpec, seed: str, progress: Progress) -> tuple[Row, ...]:
    """Return rows of the given ones, drawn by the seed, with the model's own answers in place of what they teach.

    As many as the spec or its rate asks for; where there are fewer rows, each is answered several times. What is no
    lesson stays where it is read. The answers are benign as far as the model is behind the same prompts; they match
    the rows in topic, and not in style where people, or another model, wrote those. Rows of the user's own are better.
    """
    order = random.Random(seed_from(seed, "reference")).sample([row.apart for row in rows], len(rows))
    n = max(spec.n_reference, rows_needed(spec.false_alarm_rate)) if order else 0
    drafts = [Draft(order[i % len(order)], f"{seed}/reference/{i // len(order)}") for i in range(n)]
    how = GenerateSpec(n_tokens=spec.n_tokens, temperature=spec.temperature, min_tokens=3)
    for _ in range(MOST_LESSONS):
        said = answer_next(drafts, model, how, "writing reference answers", progress)
        if not said:
            break
        for draft, answer in said:
            draft.answer(with_thought(answer.thought, answer.text))
    return tuple(draft.written for draft in drafts if draft.n_answered)
