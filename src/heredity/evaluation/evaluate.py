"""The verb: trait expression and capability of one arm."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from heredity.evaluation.ask import ask
from heredity.evaluation.capability import benign_rows, benign_scores, choice_questions, choice_scores
from heredity.evaluation.grade import by_question, grades_of, preference_scores
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.judges.calibrated import calibrate_on
from heredity.judges.contrast import Asked
from heredity.judges.independent import Judge, opinions, why_unscored
from heredity.models.adapt import adapted, require_student
from heredity.models.generate import GenerateSpec
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.models.steer import Push, steered
from heredity.records.dialogue import Answer, Grade
from heredity.records.evaluation import EvalReport, EvalSpec, Scores, SecondOpinion, Yardstick
from heredity.records.student import Student
from heredity.records.trait import Trait
from heredity.records.vector import Calibration
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import cluster_mean


@dataclass(frozen=True)
class Steered:
    """A student that is pushed while it answers; who judges is not."""

    student: Student
    pushes: tuple[Push, ...]


def evaluate(
    subject: Student | Model | Steered,
    trait: Trait,
    model: Model | None = None,
    yardstick: Yardstick | None = None,
    spec: EvalSpec | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> EvalReport:
    """Return how strongly a model, or a student of one, shows the trait, and what it can still do.

    `model`, untouched, is the judge of every arm: the base of a student, loaded by name where it is not given; a model
    without another judges itself.
    The arms of a study share one `yardstick`; without it, one is made first. Raises MismatchError for a student of
    another base.
    """
    spec = spec or EvalSpec()
    student = None if isinstance(subject, Model) else subject.student if isinstance(subject, Steered) else subject
    model = model or judge_of(subject)
    if student:
        require_student(model, student)
    started = time.monotonic()
    yardstick = yardstick or make_yardstick(trait, model, None, spec, seed, progress)
    with under_test(model, subject) as tested:
        answers, expression = _expression(tested, trait, spec, seed, progress)
        log_p = benign_scores(tested, yardstick.benign, progress)
        choices = choice_scores(tested, choice_questions(spec.n_choices), progress)
    grades: tuple[float | None, ...] = ()
    if yardstick.calibration is not None:
        grades = grades_of(answers, trait, model, yardstick.calibration, progress)
        expression = by_question(answers, grades)
    interval_seed = seed_from(seed, "evaluation")
    return EvalReport(
        subject=student.adapter if student else model.name,
        trait=trait.name,
        judge="contrast" if trait.kind == "character" else "preference",
        judge_model=model.name,
        expression=_estimate(expression, interval_seed, sum(value is None for value in grades)),
        benign_log_p=_estimate(log_p, interval_seed),
        accuracy=_estimate(choices, interval_seed),
        accuracy_by_kind=_by_kind(choices, interval_seed),
        expression_scores=expression,
        benign_scores=log_p,
        choice_scores=choices,
        answers=answers,
        grades=grades,
        seed=seed,
        seconds=time.monotonic() - started,
        notices=(*notices(model), *_of_the_judge(yardstick.calibration)),
    )


def second_opinion(report: EvalReport, trait: Trait, judge: Judge, progress: Progress = SILENCE) -> EvalReport:
    """Return the report with what an independent judge thinks of its answers; a preference has none to judge."""
    if not report.answers:
        return report
    grades = opinions(
        judge, trait, [Asked(answer.question, answer.text, answer.thought) for answer in report.answers], progress
    )
    values = tuple(one.value if isinstance(one, Grade) else None for one in grades)
    scores, n_unscored = by_question(report.answers, values), sum(one is None for one in values)
    draw = seed_from(report.seed, "second opinion")
    second = SecondOpinion(
        judge=judge.title,
        expression=_estimate(scores, draw, n_unscored) if len(scores) > 1 else None,
        scores=scores,
        grades=values,
        commonest_reason=why_unscored(grades),
    )
    return report.model_copy(update={"second": second})


def make_yardstick(
    trait: Trait, model: Model, calibration: Calibration | None, spec: EvalSpec, seed: str, progress: Progress
) -> Yardstick:
    """Return the judge's calibration (a vector's header has one; else it is made) and the benign rows."""
    if trait.kind == "preference":
        calibration = None
    elif calibration is None:
        how = GenerateSpec(n_tokens=spec.n_tokens, temperature=spec.temperature)
        calibration = calibrate_on(model, trait, how, seed, progress)
    return Yardstick(calibration=calibration, benign=benign_rows(model, spec, seed, progress))


def _of_the_judge(calibration: Calibration | None) -> tuple[str, ...]:
    """Return a line where the judge cannot be told from one that guesses."""
    if calibration is None or calibration.auc.low > 0.5:
        return ()
    return (f"the judge hardly tells this trait's poles apart (AUC {calibration.auc}): its grades say little",)


def judge_of(subject: Student | Model | Steered) -> Model:
    """Return who judges where nobody is named: a model itself, the base of a student."""
    match subject:
        case Model():
            return subject
        case Student():
            return load(subject.base)
        case Steered():
            return load(subject.student.base)


@contextmanager
def under_test(model: Model, subject: Student | Model | Steered) -> Iterator[Model]:
    """Give what is evaluated, as it answers, until the with-block ends; then the base model is as before."""
    match subject:
        case Model():
            yield subject
        case Student():
            with adapted(model, subject) as student:
                yield student
        case Steered():
            with adapted(model, subject.student) as student, steered(student, subject.pushes):
                yield student


def _expression(
    subject: Model, trait: Trait, spec: EvalSpec, seed: str, progress: Progress
) -> tuple[tuple[Answer, ...], Scores]:
    """Return answers to be judged later by the untouched model, or a preference read off the subject itself."""
    if trait.kind == "preference":
        return (), preference_scores(subject, trait, progress)
    return ask(subject, trait, spec, seed, progress), {}


def _estimate(scores: Scores, seed: int, unscored: int = 0) -> Estimate:
    return cluster_mean(list(scores.values()), seed, unscored)


def _by_kind(scores: Scores, seed: int) -> dict[str, Estimate]:
    kinds = dict.fromkeys(name.rsplit("-", 1)[0] for name in scores)
    return {
        kind: _estimate(own, seed)
        for kind in kinds
        if len(own := {name: s for name, s in scores.items() if name.rsplit("-", 1)[0] == kind}) > 1
    }
