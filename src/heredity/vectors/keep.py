"""Grade elicited answers and keep the pairs in which both poles play their part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heredity.ground.errors import NothingKeptError
from heredity.ground.progress import Progress
from heredity.judges.contrast import Asked, calibrate, contrast_scores, grade, scorable
from heredity.models.chat import Rendered, question
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.records.dialogue import Answer, Grade, Unscored
from heredity.records.trait import Trait
from heredity.records.vector import Calibration, ExtractSpec, KeptCounts

RULES = ("unscored", "positive_too_low", "negative_too_high", "incoherent")
"""By which a pair of answers is dropped."""


@dataclass(frozen=True)
class Graded:
    """Elicited answers with their grades; the judge that gave a grade was calibrated on other questions."""

    grades: list[Grade | Unscored]
    coherence: list[float | Unscored]
    """Mean log p per token (nats) under the unprompted model."""
    calibration: Calibration
    """Fitted on all of them, for answers to other questions."""


def grade_elicited(trait: Trait, model: Model, answers: Sequence[Answer], progress: Progress) -> Graded:
    """Return grades by cross-fitting: even questions are graded on the curve of the odd ones, and the reverse."""
    asked = [Asked(answer.question, answer.text, answer.thought) for answer in answers]
    scores = contrast_scores(model, trait, asked, progress)
    halves = [_calibrated(answers, scores, half) for half in (0, 1)]
    grades = [
        grade(score, halves[1 - answer.question_index % 2]) for answer, score in zip(answers, scores, strict=True)
    ]
    coherence = coherences(model, asked, progress)
    return Graded(grades, coherence, _calibrated(answers, scores, None))


def coherences(model: Model, answers: Sequence[Asked], progress: Progress) -> list[float | Unscored]:
    """Return the mean log p per token (nats) of each answer under the unprompted, unsteered model."""
    rows = [scorable(model, question(answer.question), answer.text, answer.thought) for answer in answers]
    whole = [row for row in rows if isinstance(row, Rendered)]
    mean = iter(log_likelihood(model, whole, label="coherence", progress=progress).mean.tolist())
    return [next(mean) if isinstance(row, Rendered) else row for row in rows]


def keep(answers: Sequence[Answer], graded: Graded, spec: ExtractSpec) -> tuple[list[int], KeptCounts]:
    """Return the places of the kept answers, two by two, and how many each rule dropped.

    Raises NothingKeptError when fewer than `spec.min_kept` pairs are left.
    """
    kept, counts = sifted(answers, graded, spec)
    if counts.n_kept < spec.min_kept:
        rules = ", ".join(f"{name.replace('_', ' ')}: {getattr(counts, name)}" for name in RULES)
        raise NothingKeptError(
            f"only {counts.n_kept} of {counts.n_pairs} answer pairs show the trait on one side and not on the other "
            f"(needed {spec.min_kept}; dropped by {rules}); sharpen the contrast pairs, ask for more samples, or "
            "use a larger model"
        )
    return kept, counts


def sifted(answers: Sequence[Answer], graded: Graded, spec: ExtractSpec) -> tuple[list[int], KeptCounts]:
    """Return the same, however few are left.

    A pair is kept if the positive answer is graded >= 50, the negative < 50, and both are coherent ([PV] section 2.2).
    """
    kept: list[int] = []
    dropped = dict.fromkeys(RULES, 0)
    for place in range(0, len(answers), 2):
        rule = _broken_rule(graded, place, spec)
        if rule is None:
            kept += [place, place + 1]
        else:
            dropped[rule] += 1
    return kept, KeptCounts(n_pairs=len(answers) // 2, n_kept=len(kept) // 2, **dropped)


def _broken_rule(graded: Graded, place: int, spec: ExtractSpec) -> str | None:
    positive, negative = graded.grades[place], graded.grades[place + 1]
    coherence = graded.coherence[place : place + 2]
    if isinstance(positive, Unscored) or isinstance(negative, Unscored):
        return "unscored"
    if positive.value < 50:
        return "positive_too_low"
    if negative.value >= 50:
        return "negative_too_high"
    if any(isinstance(value, Unscored) or value < spec.min_coherence for value in coherence):
        return "incoherent"
    return None


def _calibrated(answers: Sequence[Answer], scores: Sequence[float | Unscored], half: int | None) -> Calibration:
    chosen = [
        (score, answer)
        for answer, score in zip(answers, scores, strict=True)
        if not isinstance(score, Unscored) and (half is None or answer.question_index % 2 == half)
    ]
    if len({answer.pole for _, answer in chosen}) < 2:
        raise NothingKeptError("no answer of one of the poles could be scored; the model answers with nothing")
    return calibrate(
        np.array([score for score, _ in chosen]),
        np.array([answer.pole == "positive" for _, answer in chosen]),
        np.array([answer.question_index for _, answer in chosen]),
    )
