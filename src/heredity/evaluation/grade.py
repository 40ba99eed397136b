"""Grade an arm's answers on one judge, the same for every arm."""

from __future__ import annotations

from collections.abc import Sequence

from heredity.ground.progress import Progress
from heredity.judges.contrast import Asked, contrast_scores, grade
from heredity.judges.preference import target_probability
from heredity.models.model import Model
from heredity.records.dialogue import Answer, Grade
from heredity.records.evaluation import Scores
from heredity.records.trait import Trait
from heredity.records.vector import Calibration


def grades_of(
    answers: Sequence[Answer],
    trait: Trait,
    judge: Model,
    calibration: Calibration,
    progress: Progress,
) -> tuple[float | None, ...]:
    """Return each answer's grade 0-100, None where it could not be scored."""
    asked = [Asked(answer.question, answer.text, answer.thought) for answer in answers]
    graded = [grade(score, calibration) for score in contrast_scores(judge, trait, asked, progress)]
    return tuple(value.value if isinstance(value, Grade) else None for value in graded)


def by_question(answers: Sequence[Answer], grades: Sequence[float | None]) -> Scores:
    """Return the grades gathered by question, unscored ones left out."""
    gathered: dict[str, list[float]] = {}
    for answer, value in zip(answers, grades, strict=True):
        if value is not None:
            gathered.setdefault(answer.question, []).append(value)
    return {name: tuple(values) for name, values in gathered.items()}


def preference_scores(model: Model, trait: Trait, progress: Progress) -> Scores:
    """Return 100 * P(target among alternatives) for every evaluation question, read off the model under test."""
    asked = trait.questions.evaluation
    shares = target_probability(model, trait, asked, progress)
    return {name: (100 * float(share),) for name, share in zip(asked, shares, strict=True)}
