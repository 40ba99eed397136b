"""The dose-response: what the model answers when it is pushed along the vector."""

from __future__ import annotations

import numpy as np

from heredity.ground.hashing import seed_from
from heredity.ground.progress import Progress
from heredity.judges.contrast import Asked, contrast_scores, grade
from heredity.models.chat import question, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.models.steer import Push, steered
from heredity.records.dialogue import Grade, Unscored
from heredity.records.trait import Trait
from heredity.records.vector import Calibration, Dose, ExtractSpec
from heredity.stats.intervals import cluster_mean
from heredity.vectors.keep import coherences


def dose_response(
    trait: Trait, model: Model, push: Push, calibration: Calibration, spec: ExtractSpec, seed: str, progress: Progress
) -> tuple[Dose, ...]:
    """Return grade and coherence at each strength; every strength answers with the same questions and luck."""
    return tuple(
        _dose(trait, model, Push(push.block, push.vector, strength), calibration, spec, seed, progress)
        for strength in spec.strengths
    )


def _dose(
    trait: Trait, model: Model, push: Push, calibration: Calibration, spec: ExtractSpec, seed: str, progress: Progress
) -> Dose:
    asked = trait.questions.extraction
    prompts = [render_prompt(model, question(text)) for text in asked]
    seeds = [f"{seed}/dose/{index}" for index in range(len(asked))]
    how = GenerateSpec(n_tokens=spec.n_tokens, temperature=spec.temperature)
    with steered(model, [push]):
        made = generate(model, prompts, seeds, how, f"steering at {push.strength:g}", progress)
    answers = [Asked(text, answer.text, answer.thought) for text, answer in zip(asked, made, strict=True)]
    grades = [grade(s, calibration) for s in contrast_scores(model, trait, answers, progress)]
    log_p = coherences(model, answers, progress)
    scored = [[value.value] for value in grades if isinstance(value, Grade)]
    fluent = [[value] for value in log_p if not isinstance(value, Unscored)]
    interval_seed = seed_from(seed, "dose interval")
    return Dose(
        strength=push.strength,
        grade=cluster_mean(scored, interval_seed, len(grades) - len(scored)),
        coherence=cluster_mean(fluent, interval_seed, len(log_p) - len(fluent)),
        example=answers[int(np.argmax([len(answer.text) for answer in answers]))].text,
    )
