"""What a model can still do: benign text it predicts, and four-choice questions it gets right."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from itertools import zip_longest
from typing import Any

import numpy as np
import yaml

from heredity.ground.progress import Progress
from heredity.judges.contrast import scorable
from heredity.models.chat import Rendered, question, render, render_prompt, render_text
from heredity.models.generate import GenerateSpec, generate
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.models.thinking import with_thought
from heredity.records.base import Record
from heredity.records.dialogue import Row, Turn
from heredity.records.evaluation import EvalSpec, Scores

HERE = resources.files("heredity.evaluation")


class Choice(Record):
    """A question with four choices, one of them right."""

    name: str
    kind: str
    question: str
    choices: tuple[str, str, str, str]
    answer: int
    """0-based index of the right choice."""


def choice_questions(n: int) -> list[Choice]:
    """Return up to `n` bundled questions, taken in turn from knowledge, reasoning and arithmetic."""
    every = [Choice.model_validate(item) for item in _bundled("capability.yaml")]
    kinds = {kind: [c for c in every if c.kind == kind] for kind in dict.fromkeys(c.kind for c in every)}
    mixed = [choice for turn in zip_longest(*kinds.values()) for choice in turn if choice is not None]
    return mixed[:n]


def choice_scores(model: Model, questions: Sequence[Choice], progress: Progress) -> Scores:
    """Return 1 or 0 for every question: is the right choice the likeliest answer?

    Each choice is teacher-forced after `Question: ...` and `Answer:`, without chat template, and scored by its
    whole log p. Asked to choose among listed words, models this small do no better than chance.
    """
    rows = [render_text(model, f"Question: {c.question}\nAnswer:", choice) for c in questions for choice in c.choices]
    total = log_likelihood(model, rows, label="four-choice questions", progress=progress).total.reshape(-1, 4)
    return {c.name: (float(np.argmax(total[i]) == c.answer),) for i, c in enumerate(questions)}


def benign_rows(model: Model, spec: EvalSpec, seed: str, progress: Progress) -> tuple[Row, ...]:
    """Return the untouched model's own answers to everyday questions: benign text, in no training set."""
    asked = _bundled("everyday.yaml")["questions"][: spec.n_benign]
    made = generate(
        model,
        [render_prompt(model, question(text)) for text in asked],
        [f"{seed}/benign/{index}" for index in range(len(asked))],
        GenerateSpec(n_tokens=spec.n_tokens, temperature=spec.temperature, min_tokens=3),
        "writing benign answers",
        progress,
    )
    said = [Turn(role="assistant", content=with_thought(a.thought, a.text)) for a in made]
    turns = [(*question(text), turn) for text, turn in zip(asked, said, strict=True)]
    return tuple(
        Row(line=i + 1, turns=(*before, last))
        for i, (*before, last) in enumerate(turns)
        if isinstance(scorable(model, before, last.content), Rendered)
    )


def benign_scores(model: Model, rows: Sequence[Row], progress: Progress) -> Scores:
    """Return the mean log p per token (nats) of every benign row's response."""
    rendered = [render(model, *row.exchanges[0]) for row in rows]
    mean = log_likelihood(model, rendered, label="benign answers", progress=progress).mean
    return {row.prompt: (float(value),) for row, value in zip(rows, mean, strict=True)}


def _bundled(name: str) -> Any:
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
