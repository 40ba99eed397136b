"""A judge that had no part in what it grades: another model, here or remote, that rates by the trait's rubric."""

from __future__ import annotations

from collections.abc import Sequence

from heredity.ground.errors import ExperimentError, NonFiniteError
from heredity.ground.progress import SILENCE, Progress
from heredity.judges.contrast import Asked
from heredity.judges.language_model import commonest_reason, rubric_grades
from heredity.models.answerer import Answerer
from heredity.records.dialogue import Grade, Unscored
from heredity.records.trait import Trait

Judge = Answerer


def judge_id(judge: Judge | None) -> str | None:
    """Return what a kept step that asked the judge depends on; None for none."""
    return judge.kept_as if judge else None


def opinions(
    judge: Judge, trait: Trait, answers: Sequence[Asked], progress: Progress = SILENCE
) -> list[Grade | Unscored]:
    """Return each answer's grade by the trait's rubric; a judge that grades nothing is told answer by answer.

    Raises NonFiniteError for NaN in its logits, EndpointError when it cannot be reached.
    """
    try:
        return rubric_grades(judge, trait.rubric, answers, progress) if answers else []
    except NonFiniteError:
        raise
    except ExperimentError as error:
        return [Unscored(reason=str(error))] * len(answers)


def why_unscored(grades: Sequence[Grade | Unscored]) -> str:
    """Return the reason given most often for no grade; empty where all were graded."""
    unscored = [one for one in grades if isinstance(one, Unscored)]
    return commonest_reason(unscored)[0] if unscored else ""
