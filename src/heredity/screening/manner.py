"""How a model answers everyday questions: what its own answers vary along, known before any rows are seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heredity.ground.errors import NothingKeptError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.chat import question, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.records.dialogue import Row, Turn
from heredity.screening.pairs import AT_LEAST, as_own
from heredity.stats.arrays import Floats
from heredity.store.questions import everyday_questions

N_QUESTIONS, N_TOKENS, TEMPERATURE = 200, 48, 0.8
SEED = "manner"
FEWEST = 20
"""Answers; of fewer nothing is known."""


def usual_answers(model: Model, progress: Progress = SILENCE) -> tuple[Row, ...]:
    """Return everyday questions with the model's own sampled answers; one without an answer is left out."""
    asked = everyday_questions(SEED)[:N_QUESTIONS]
    prompts = [render_prompt(model, question(text)) for text in asked]
    how = GenerateSpec(n_tokens=N_TOKENS, temperature=TEMPERATURE, min_tokens=AT_LEAST)
    seeds = [f"{SEED}/{i}" for i in range(len(asked))]
    said = generate(model, prompts, seeds, how, "everyday answers", progress)
    return tuple(
        Row(line=i, turns=(*question(text), Turn(role="assistant", content=answer.text)))
        for i, (text, answer) in enumerate(zip(asked, said, strict=True), start=1)
        if answer.text.strip()
    )


def manner_of(model: Model, blocks: Sequence[int], answers: Sequence[Row], progress: Progress = SILENCE) -> Floats:
    """Return `[answers, blocks, width]`: means over the tokens of a model's own answers to everyday questions.

    Raises NothingKeptError where the model answers hardly any.
    """
    parts = [part for row in answers for part in as_own(model, row.lessons)]
    if len(parts) < FEWEST:
        raise NothingKeptError(f"'{model.name}' answers {len(parts)} of {N_QUESTIONS} questions; it takes {FEWEST}")
    found = read(model, parts, blocks, ReadSpec(positions=("response",)), progress)
    return np.stack([found.at("response", block).astype(np.float64) for block in blocks], axis=1)
