"""A judge that had no part in what it grades: another model, here or remote, that rates by the trait's rubric."""

from __future__ import annotations

from collections.abc import Sequence

from heredity.ground.errors import ExperimentError, NonFiniteError
from heredity.ground.progress import SILENCE, Progress
from heredity.judges.contrast import Asked
from heredity.judges.language_model import commonest_reason, rubric_grades
from heredity.models.identity import identity
from heredity.models.model import Model
from heredity.models.remote.endpoint import Endpoint
from heredity.records.dialogue import Grade, Unscored
from heredity.records.trait import Trait

Judge = Model | Endpoint


def judge_name(judge: Judge) -> str:
    """Return the judge's name for people, with how a remote one was asked where that is not as usual."""
    if not isinstance(judge, Endpoint):
        return judge.name
    asked = "" if judge.manner.is_usual else f" (asked {judge.manner})"
    return f"{judge.spec.model} at {judge.spec.url}{asked}"


def judge_id(judge: Judge | None) -> str | None:
    """Return what a kept step that asked the judge depends on; how a server wants to be asked is its own affair."""
    if judge is None:
        return None
    if not isinstance(judge, Endpoint):
        return identity(judge).id
    asked = "" if judge.spec.manner.is_usual else f" (asked {judge.spec.manner})"
    return f"{judge.spec.model} at {judge.spec.url}{asked}"


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
