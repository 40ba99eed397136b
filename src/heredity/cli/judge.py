"""heredity judge: grade the answers in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from heredity.cli.console import say, watched
from heredity.cli.options import (
    AnswersOption,
    DollarsInOption,
    DollarsOutOption,
    ModelOption,
    OutOption,
    SeedOption,
    ThinkingOption,
    TraitOption,
    ViaOption,
)
from heredity.cli.work import endpoint_for, loaded, writable
from heredity.ground.errors import ExperimentError, InputError, UnknownNameError
from heredity.records.dialogue import Corpus, Grade, Turn, Unscored
from heredity.records.trait import Trait
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import cluster_jackknife
from heredity.store.rows import read_conversations, write_jsonl
from heredity.traits.define import trait

KINDS = ("rubric", "contrast")
Graded = Sequence[Grade | Unscored]
DIGITS_COST = "counting first requests; a judge that splits numbers into digits is asked up to about ten times as much"

if TYPE_CHECKING:
    from heredity.judges.contrast import Asked


@dataclass(frozen=True)
class Judged:
    """One answer to grade, and where it stands."""

    line: int
    turn: int
    """Which of the conversation's assistant turns it is, from 0."""
    opening: str
    """What the user said first in the conversation."""
    asked: Asked


def judge_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Answers: JSONL or Parquet with `messages`, or `prompt` and `answer`.")],
    name: TraitOption = "evil",
    by: Annotated[
        str,
        typer.Option(help="rubric: a language model rates by the trait's rubric. contrast: two prompts are compared."),
    ] = "rubric",
    via: ViaOption = None,
    judge_model: Annotated[str | None, typer.Option(help="The judging model's name at the endpoint.")] = None,
    dollars_in: DollarsInOption = None,
    dollars_out: DollarsOutOption = None,
    answers_alone: AnswersOption = False,
    thinking: ThinkingOption = 0,
    estimate: Annotated[bool, typer.Option("--estimate", help="Say what it would cost, and send nothing.")] = False,
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Grade every answer of a file 0-100 for a trait and for coherence; what cannot be graded says why.

    Every assistant turn is an answer, to what the user said last before it. Intervals resample opening questions.
    With --via URL --judge-model MODEL a remote model judges (the key is read from HEREDITY_API_KEY or OPENAI_API_KEY);
    its replies are kept, so that a stopped run goes on where it was, and it is asked as it wants where it refuses the
    usual parameters. Else --model judges. Writes OUT/judged.jsonl.
    """
    if by not in KINDS:
        raise UnknownNameError("judge", by, KINDS)
    require_an_endpoint_where_it_counts(by, via, judge_model, estimate or answers_alone or thinking > 0)
    one, corpus, folder = trait(name), read_conversations(file), writable(out)
    answers = answers_in(corpus)
    asked = [answer.asked for answer in answers]
    judge: Any = None
    if via is not None:
        manner = manner_of(answers_alone, thinking)
        judge = endpoint_for(via, judge_model, "--judge-model", dollars_in, dollars_out, manner=manner)
        cost = estimated(judge, one, asked)
        typer.echo(str(cost) if answers_alone else f"{cost} ({DIGITS_COST})", err=True)
        if estimate:
            return say(cost, "nothing was sent", context.obj.as_json)
    with watched(context.obj.is_quiet) as progress:
        judge = judge or loaded(context, model)
        grades, coherence = grades_by(by, judge, one, asked, seed, progress)
    path = write_jsonl(folder / "judged.jsonl", judged_rows(answers, grades, coherence))
    summary = summarised(answers, grades, coherence) | asked_as(judge)
    say(summary, f"{described(one, summary)}\nwritten to {path}", context.obj.as_json)
    return None


def require_an_endpoint_where_it_counts(
    kind: str, url: str | None, judge_model: str | None, is_about_one: bool
) -> None:
    """Raise InputError for options that mean nothing together, before anything is read or spent."""
    if url is None and judge_model:
        raise InputError(f"where is '{judge_model}'? Name its server with --via; a model on this machine is --model")
    if url is None and is_about_one:
        raise InputError(
            "--estimate, --answers and --thinking-tokens are about a remote judge; name its server with --via"
        )
    if url is not None and kind == "contrast":
        raise InputError(
            "the contrast judge needs the probability of whole answers, which no endpoint tells: "
            "leave --via out, or judge --by rubric"
        )


def manner_of(answers_alone: bool, thinking: int) -> Any:
    """Return how a remote judge is asked from the start."""
    from heredity.models.remote.replies import Manner

    return Manner(with_odds=not answers_alone, n_thinking=thinking)


def asked_as(judge: Any) -> dict[str, Any]:
    """Return how a remote judge was asked, where that is not as usual."""
    manner = getattr(judge, "manner", None)
    return {} if manner is None or manner.is_usual else {"asked_as": {**manner.model_dump(), "text": str(manner)}}


def answers_in(corpus: Corpus) -> list[Judged]:
    """Return every assistant turn with the user's words before it. Raises InputError where there is none."""
    from heredity.judges.contrast import Asked

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


def estimated(endpoint: Any, one: Trait, answers: Sequence[Asked]) -> Any:
    """Return what grading by an endpoint will send, reckoned before anything is sent."""
    from heredity.judges.language_model import COHERENCE, filled
    from heredity.models.remote.numbers import first_requests

    asked = [filled(rubric, answer) for rubric in (one.rubric, COHERENCE) for answer in answers]
    return endpoint.estimate(first_requests(asked, endpoint.manner))


def grades_by(
    kind: str, judge: Any, one: Trait, answers: Sequence[Asked], seed: str, progress: Any
) -> tuple[Graded, Graded | None]:
    """Return the answers' grades for the trait and for coherence; the contrast judge knows no coherence.

    A judge that grades the trait and no answer's coherence leaves coherence unscored. Raises ExperimentError for one
    that grades no answer for the trait.
    """
    from heredity.judges.calibrated import calibrate_on
    from heredity.judges.contrast import contrast_scores, grade
    from heredity.judges.language_model import COHERENCE, rubric_grades
    from heredity.models.generate import GenerateSpec

    if kind == "rubric":
        grades = rubric_grades(judge, one.rubric, answers, progress)
        try:
            return grades, rubric_grades(judge, COHERENCE, answers, progress)
        except ExperimentError as error:
            return grades, [Unscored(reason=f"no answer was graded for coherence: {error}")] * len(answers)
    calibration = calibrate_on(judge, one, GenerateSpec(), seed, progress)
    return [grade(score, calibration) for score in contrast_scores(judge, one, answers, progress)], None


def judged_rows(answers: Sequence[Judged], grades: Graded, coherence: Graded | None) -> list[dict[str, Any]]:
    """Return one line for each answer: its grades, or why there is none."""
    lines: list[dict[str, Any]] = []
    for i, answer in enumerate(answers):
        line: dict[str, Any] = {"line": answer.line, "turn": answer.turn, **told("grade", grades[i])}
        if coherence is not None:
            line |= told("coherence", coherence[i])
        lines.append(line)
    return lines


def told(name: str, value: Grade | Unscored) -> dict[str, Any]:
    """Return a grade under its name, or the reason why there is none."""
    return {name: round(value.value, 2)} if isinstance(value, Grade) else {name: None, f"{name}_reason": value.reason}


def summarised(answers: Sequence[Judged], grades: Graded, coherence: Graded | None) -> dict[str, Any]:
    """Return mean grades with their intervals, and by what was graded the reasons of what could not be."""
    summary: dict[str, Any] = {"n": len(grades), "unscored": {}}
    for name, values in (("grade", grades), ("coherence", coherence)):
        if values is None:
            continue
        reasons = Counter(one.reason.split(":")[0] for one in values if isinstance(one, Unscored))
        summary["unscored"][name] = dict(reasons)
        if sum(reasons.values()) < len(values):
            mean = mean_grade(answers, values)
            alone = float(np.mean([one.value for one in values if isinstance(one, Grade)]))
            summary[name] = (
                {"value": mean.value, "low": mean.low, "high": mean.high, "n": mean.n}
                if mean
                else {"value": alone, "low": None, "high": None, "n": 1}
            )
            summary[f"{name}_text"] = str(mean) if mean else f"{alone:.2f} (n=1, which has no interval)"
    return summary


def mean_grade(answers: Sequence[Judged], grades: Graded) -> Estimate | None:
    """Return the mean grade with an interval over opening questions, which are its n; None for fewer than two."""
    groups: dict[str, list[float]] = {}
    for answer, grade in zip(answers, grades, strict=True):
        if isinstance(grade, Grade):
            groups.setdefault(answer.opening, []).append(grade.value)
    n_unscored = sum(isinstance(grade, Unscored) for grade in grades)
    drawn = list(groups.values())
    return (
        cluster_jackknife(drawn, lambda some: float(np.concatenate(some).mean()), n_unscored)
        if len(drawn) > 1
        else None
    )


def described(one: Trait, summary: dict[str, Any]) -> str:
    """Return the summary for people."""
    lines = [f"{summary['n']} answers judged for {one.name} (n: opening questions)"]
    lines += [f"  {name:<12} {summary[f'{name}_text']}" for name in ("grade", "coherence") if name in summary]
    if "asked_as" in summary:
        lines.append(f"  asked: {summary['asked_as']['text']}")
    for name, reasons in summary["unscored"].items():
        of_what = "" if name == "grade" else f" for {name}"
        lines += [f"  {n} unscored{of_what}: {reason}" for reason, n in reasons.items()]
    return "\n".join(lines)
