"""The contrast judge: which pole's system prompt makes an answer more likely?

score = mean_t log p(y_t | positive prompt, x) - mean_t log p(y_t | negative prompt, x), in nats per token, averaged
over contrast pairs; a logistic curve fitted on elicited answers turns it into 0-100. It needs no second model and
no sampling, and it reads style as well as content: that is its limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from heredity.ground.errors import ExperimentError, InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.chat import Rendered, question, render
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.models.numbers import too_long
from heredity.models.thinking import with_thought
from heredity.records.dialogue import Grade, Turn, Unscored
from heredity.records.trait import Trait
from heredity.records.vector import Calibration
from heredity.stats.arrays import Floats
from heredity.stats.discrimination import auc_estimate

MIN_TOKENS = 3
"""Shorter answers say too little to be graded."""


@dataclass(frozen=True)
class Asked:
    """An answer to judge and the question it answers."""

    question: str
    text: str
    thought: str = ""
    """What was thought before it: the template says whether that stands before the answer when it is judged."""


def contrast_scores(
    model: Model,
    trait: Trait,
    answers: Sequence[Asked],
    progress: Progress = SILENCE,
    pairs: Sequence[int] | None = None,
) -> list[float | Unscored]:
    """Return each answer's raw contrast score (nats per token) under the pairs that judge, or under those given.

    Unscored are answers of fewer than 3 tokens, and those that do not fit the context, or the judge's template, behind
    any of the prompts.
    """
    pairs = trait.judging if pairs is None else pairs
    sides = [(trait.system_prompt(pair, "positive"), 1.0) for pair in pairs]
    sides += [(trait.system_prompt(pair, "negative"), -1.0) for pair in pairs]
    scores: list[float | Unscored] = []
    rendered: dict[int, list[Rendered]] = {}
    for i, answer in enumerate(answers):
        rows = [scorable(model, question(answer.question, system), answer.text, answer.thought) for system, _ in sides]
        whole = [row for row in rows if isinstance(row, Rendered)]
        if len(whole) == len(rows):
            rendered[i] = whole
        scores.append(next((row for row in rows if isinstance(row, Unscored)), Unscored(reason="not judged")))
    by_side = [rows[side] for side in range(len(sides)) for rows in rendered.values()]
    if not by_side:
        return scores
    mean = log_likelihood(model, by_side, label=f"judging {trait.name}", progress=progress).mean
    signs = np.array([sign for _, sign in sides]) / len(pairs)
    total = signs @ mean.reshape(len(sides), len(rendered))
    for place, value in zip(rendered, total, strict=True):
        scores[place] = float(value)
    return scores


def scorable(model: Model, turns: Sequence[Turn], answer: str, thought: str = "") -> Rendered | Unscored:
    """Return an answer as the judge reads it, or the reason why it says too little, or is not to be read."""
    if not answer.strip():
        return Unscored(reason="there is no answer")
    try:
        row = render(model, turns, with_thought(thought, answer))
    except InputError as error:
        return Unscored(reason=str(error))
    if row.n_response < MIN_TOKENS:
        return Unscored(reason=f"fewer than {MIN_TOKENS} tokens")
    return too_long(model, len(row.ids)) if len(row.ids) > model.context_length else row


def calibrate(scores: ArrayLike, is_positive: ArrayLike, clusters: ArrayLike) -> Calibration:
    """Return the logistic curve through elicited answers of known pole.

    Targets are smoothed as Platt (1999) does, so that perfectly separated poles keep a finite slope. Raises
    ExperimentError when the score does not rise with the trait: such a judge would grade upside down.
    """
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(is_positive, dtype=bool)
    n_positive, n_negative = int(y.sum()), int((~y).sum())
    targets = np.where(y, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))
    scale = float(x.std()) or 1.0

    def loss(parameters: Floats) -> float:
        logit = parameters[0] * x / scale + parameters[1]
        return float(np.mean(np.logaddexp(0, logit) - targets * logit))

    fitted = optimize.minimize(loss, np.array([1.0, 0.0]), method="BFGS").x
    slope, intercept = float(fitted[0] / scale), float(fitted[1])
    if slope <= 0:
        raise ExperimentError(
            "the contrast judge does not tell this trait's poles apart on this model (its score falls where the "
            "trait is asked for); sharpen the contrast pairs, or use a larger model"
        )
    return Calibration(slope=slope, intercept=intercept, n=len(x), auc=auc_estimate(x, y, clusters))


def grade(score: float | Unscored, calibration: Calibration) -> Grade | Unscored:
    """Return a raw score as 0-100: the calibrated probability that the positive prompt made the answer."""
    if isinstance(score, Unscored):
        return score
    return Grade(value=float(100 * special.expit(calibration.slope * score + calibration.intercept)))
