"""A contrast judge calibrated from nothing but the trait and the frozen model."""

from __future__ import annotations

from heredity.ground.progress import SILENCE, Progress
from heredity.judges.contrast import Asked, calibrate, contrast_scores
from heredity.judges.elicit import elicit
from heredity.models.generate import GenerateSpec
from heredity.models.model import Model
from heredity.records.dialogue import Unscored
from heredity.records.trait import Trait
from heredity.records.vector import Calibration


def calibrate_on(model: Model, trait: Trait, how: GenerateSpec, seed: str, progress: Progress = SILENCE) -> Calibration:
    """Return a calibration from freshly elicited answers to the extraction questions.

    A trait vector already carries one; this is for evaluating without a vector. Raises ExperimentError when the
    judge cannot tell the trait's poles apart.
    """
    answers = elicit(trait, model, 1, how, seed, progress)
    scores = contrast_scores(model, trait, [Asked(a.question, a.text, a.thought) for a in answers], progress)
    scored = [(s, a) for s, a in zip(scores, answers, strict=True) if not isinstance(s, Unscored)]
    return calibrate(
        [score for score, _ in scored],
        [answer.pole == "positive" for _, answer in scored],
        [answer.question_index for _, answer in scored],
    )
