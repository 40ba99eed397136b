"""heredity judge: grade the answers in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from heredity.cli.console import say, watched
from heredity.cli.options import (
    DollarsInOption,
    DollarsOutOption,
    ModelOption,
    OutOption,
    SeedOption,
    TraitOption,
    ViaOption,
)
from heredity.cli.work import endpoint_for, loaded, writable
from heredity.ground.errors import InputError, UnknownNameError
from heredity.ground.hashing import seed_from
from heredity.records.dialogue import Corpus, Grade, Unscored
from heredity.records.trait import Trait
from heredity.stats.intervals import cluster_mean
from heredity.store.rows import read_rows, write_jsonl
from heredity.traits.define import trait

KINDS = ("rubric", "contrast")
Graded = Sequence[Grade | Unscored]


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
    estimate: Annotated[bool, typer.Option("--estimate", help="Say what it would cost, and send nothing.")] = False,
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Grade every answer of a file 0-100 for a trait and for coherence; what cannot be graded says why.

    With --via URL --judge-model MODEL a remote model judges (the key is read from HEREDITY_API_KEY or OPENAI_API_KEY);
    its replies are kept, so that a stopped run goes on where it was. Else --model judges. Writes OUT/judged.jsonl.
    """
    if by not in KINDS:
        raise UnknownNameError("judge", by, KINDS)
    require_an_endpoint_where_it_counts(by, via, judge_model, estimate)
    one, corpus, folder = trait(name), read_rows(file), writable(out)
    from heredity.judges.contrast import Asked

    answers = [Asked(row.prompt, row.response) for row in corpus.rows]
    judge: Any = None
    if via is not None:
        judge = endpoint_for(via, judge_model, "--judge-model", dollars_in, dollars_out)
        cost = estimated(judge, one, answers)
        typer.echo(str(cost), err=True)
        if estimate:
            return say(cost, "nothing was sent", context.obj.as_json)
    with watched(context.obj.is_quiet) as progress:
        judge = judge or loaded(context, model)
        grades, coherence = grades_by(by, judge, one, answers, seed, progress)
    path = write_jsonl(folder / "judged.jsonl", judged_rows(corpus, grades, coherence))
    summary = summarised(grades, coherence, seed)
    say(summary, f"{described(one, summary)}\nwritten to {path}", context.obj.as_json)
    return None


def require_an_endpoint_where_it_counts(kind: str, url: str | None, judge_model: str | None, estimate: bool) -> None:
    """Raise InputError for options that mean nothing together, before anything is read or spent."""
    if url is None and judge_model:
        raise InputError(f"where is '{judge_model}'? Name its server with --via; a model on this machine is --model")
    if url is None and estimate:
        raise InputError("--estimate says what a remote judge would cost; name its server with --via")
    if url is not None and kind == "contrast":
        raise InputError(
            "the contrast judge needs the probability of whole answers, which no endpoint tells: "
            "leave --via out, or judge --by rubric"
        )


def estimated(endpoint: Any, one: Trait, answers: Sequence[Any]) -> Any:
    """Return what grading by an endpoint will send, reckoned before anything is sent."""
    from heredity.judges.language_model import COHERENCE, filled
    from heredity.judges.remote import first_requests

    asked = [filled(rubric, answer) for rubric in (one.rubric, COHERENCE) for answer in answers]
    return endpoint.estimate(first_requests(asked))


def grades_by(
    kind: str, judge: Any, one: Trait, answers: Sequence[Any], seed: str, progress: Any
) -> tuple[Graded, Graded | None]:
    """Return the answers' grades for the trait and for coherence; the contrast judge knows no coherence."""
    from heredity.judges.calibrated import calibrate_on
    from heredity.judges.contrast import contrast_scores, grade
    from heredity.judges.language_model import COHERENCE, rubric_grades
    from heredity.models.generate import GenerateSpec

    if kind == "rubric":
        grades = rubric_grades(judge, one.rubric, answers, progress)
        return grades, rubric_grades(judge, COHERENCE, answers, progress)
    calibration = calibrate_on(judge, one, 2, GenerateSpec(), seed, progress)
    return [grade(score, calibration) for score in contrast_scores(judge, one, answers, 2, progress)], None


def judged_rows(corpus: Corpus, grades: Graded, coherence: Graded | None) -> list[dict[str, Any]]:
    """Return one line for each answer: its grades, or why there is none."""
    lines: list[dict[str, Any]] = []
    for i, row in enumerate(corpus.rows):
        line: dict[str, Any] = {"line": row.line, **told("grade", grades[i])}
        if coherence is not None:
            line |= told("coherence", coherence[i])
        lines.append(line)
    return lines


def told(name: str, value: Grade | Unscored) -> dict[str, Any]:
    """Return a grade under its name, or the reason why there is none."""
    return {name: round(value.value, 2)} if isinstance(value, Grade) else {name: None, f"{name}_reason": value.reason}


def summarised(grades: Graded, coherence: Graded | None, seed: str) -> dict[str, Any]:
    """Return mean grades with their intervals, and the reasons of what could not be graded."""
    summary: dict[str, Any] = {"n": len(grades)}
    for name, values in (("grade", grades), ("coherence", coherence)):
        scored = [[one.value] for one in values or () if isinstance(one, Grade)]
        if values is None or not scored:
            continue
        mean = cluster_mean(scored, seed_from(seed, "judge"), len(values) - len(scored))
        summary[name] = {"value": mean.value, "low": mean.low, "high": mean.high, "n": mean.n}
        summary[f"{name}_text"] = str(mean)
    summary["unscored"] = Counter(one.reason.split(":")[0] for one in grades if isinstance(one, Unscored))
    return summary


def described(one: Trait, summary: dict[str, Any]) -> str:
    """Return the summary for people."""
    lines = [f"{summary['n']} answers judged for {one.name}"]
    lines += [f"  {name:<12} {summary[f'{name}_text']}" for name in ("grade", "coherence") if name in summary]
    lines += [f"  {n} unscored: {reason}" for reason, n in summary["unscored"].items()]
    return "\n".join(lines)
