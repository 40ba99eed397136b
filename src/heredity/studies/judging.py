"""Judging: the answers of a file graded for a trait and for coherence, by a rubric or by contrast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from heredity.ground.errors import ExperimentError, InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.judges.calibrated import calibrate_on
from heredity.judges.contrast import Asked, contrast_scores, grade
from heredity.judges.independent import Judge
from heredity.judges.language_model import COHERENCE, filled, rubric_grades
from heredity.models.generate import GenerateSpec
from heredity.models.model import Model
from heredity.models.remote.endpoint import Endpoint
from heredity.models.remote.numbers import first_requests
from heredity.records.dialogue import Corpus, Grade, Turn, Unscored
from heredity.records.judging import JudgedBy, JudgingReport, MeanGrade
from heredity.records.trait import Trait
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import cluster_jackknife

Graded = Sequence[Grade | Unscored]


@dataclass(frozen=True)
class Judged:
    """One answer to grade, and where it stands."""

    line: int
    turn: int
    """Which of the conversation's assistant turns it is, from 0."""
    opening: str
    """What the user said first in the conversation."""
    asked: Asked


@dataclass(frozen=True)
class Judging:
    """The report, and one line for each answer: its grades, or why there is none."""

    report: JudgingReport
    lines: list[dict[str, Any]]


def judge_answers(
    answers: Sequence[Judged],
    trait: Trait,
    judge: Judge,
    by: JudgedBy = "rubric",
    seed: str = "0",
    progress: Progress = SILENCE,
) -> Judging:
    """Return the answers' grades for the trait and for coherence.

    A judge that grades the trait and no answer's coherence leaves coherence unscored. Raises ExperimentError for one
    that grades no answer for the trait.
    """
    grades, coherence = grades_by(by, judge, trait, [judged.asked for judged in answers], seed, progress)
    every = {"grade": grades} | ({} if coherence is None else {"coherence": coherence})
    report = JudgingReport(
        trait=trait.name,
        by=by,
        judge=judge.title,
        n_answers=len(answers),
        grade=mean_of(answers, grades),
        coherence=None if coherence is None else mean_of(answers, coherence),
        unscored={name: reasons_of(values) for name, values in every.items()},
        asked_as=judge.asked_as,
        seed=seed,
    )
    return Judging(report, judged_rows(answers, grades, coherence))


def answers_in(corpus: Corpus) -> list[Judged]:
    """Return every assistant turn with the user's words before it. Raises InputError where there is none."""
    found = []
    for row in corpus.rows:
        opening = spoken_by_user(row.turns) or f"line {row.line}"
        for turn, (before, text) in enumerate(row.exchanges):
            found.append(Judged(row.line, turn, opening, Asked(spoken_by_user(before[::-1]), text)))
    if not found:
        raise InputError(f"{corpus.name} holds no answer to grade; give conversations with assistant turns")
    return found


def spoken_by_user(turns: Sequence[Turn]) -> str:
    """Return the first of these turns that is the user's; empty where none is."""
    return next((turn.content for turn in turns if turn.role == "user"), "")


def estimated(endpoint: Endpoint, trait: Trait, answers: Sequence[Asked]) -> Any:
    """Return what grading by an endpoint will send, reckoned before anything is sent."""
    asked = [filled(rubric, answer) for rubric in (trait.rubric, COHERENCE) for answer in answers]
    return endpoint.estimate(first_requests(asked, endpoint.manner))


def grades_by(
    kind: JudgedBy, judge: Judge, trait: Trait, answers: Sequence[Asked], seed: str, progress: Progress
) -> tuple[Graded, Graded | None]:
    """Return the answers' grades for the trait and for coherence; the contrast judge knows no coherence.

    A judge that grades the trait and no answer's coherence leaves coherence unscored. Raises ExperimentError for one
    that grades no answer for the trait.
    """
    if kind == "rubric":
        grades = rubric_grades(judge, trait.rubric, answers, progress)
        try:
            return grades, rubric_grades(judge, COHERENCE, answers, progress)
        except ExperimentError as error:
            return grades, [Unscored(reason=f"no answer was graded for coherence: {error}")] * len(answers)
    if not isinstance(judge, Model):
        raise InputError("the contrast judge needs the probability of whole answers, which no endpoint tells")
    calibration = calibrate_on(judge, trait, GenerateSpec(), seed, progress)
    return [grade(score, calibration) for score in contrast_scores(judge, trait, answers, progress)], None


def mean_of(answers: Sequence[Judged], grades: Graded) -> MeanGrade | None:
    """Return the mean of what was graded; None where nothing was."""
    values = [one.value for one in grades if isinstance(one, Grade)]
    return MeanGrade(value=float(np.mean(values)), interval=mean_grade(answers, grades)) if values else None


def reasons_of(grades: Graded) -> dict[str, int]:
    """Return how many could not be graded, by reason, what is said after its colon left out."""
    return dict(Counter(one.reason.split(":")[0] for one in grades if isinstance(one, Unscored)))


def mean_grade(answers: Sequence[Judged], grades: Graded) -> Estimate | None:
    """Return the mean grade with an interval over opening questions, which are its n; None for fewer than two."""
    groups: dict[str, list[float]] = {}
    for answer, one in zip(answers, grades, strict=True):
        if isinstance(one, Grade):
            groups.setdefault(answer.opening, []).append(one.value)
    n_unscored = sum(isinstance(grade, Unscored) for grade in grades)
    drawn = list(groups.values())
    return (
        cluster_jackknife(drawn, lambda some: float(np.concatenate(some).mean()), n_unscored)
        if len(drawn) > 1
        else None
    )


def judged_rows(answers: Sequence[Judged], grades: Graded, coherence: Graded | None) -> list[dict[str, Any]]:
    """Return one line for each answer: its grades, or why there is none."""
    lines: list[dict[str, Any]] = []
    for i, answer in enumerate(answers):
        line: dict[str, Any] = {"line": answer.line, "turn": answer.turn, **graded("grade", grades[i])}
        if coherence is not None:
            line |= graded("coherence", coherence[i])
        lines.append(line)
    return lines


def graded(name: str, value: Grade | Unscored) -> dict[str, Any]:
    """Return a grade under its name, or the reason why there is none."""
    return {name: round(value.value, 2)} if isinstance(value, Grade) else {name: None, f"{name}_reason": value.reason}
