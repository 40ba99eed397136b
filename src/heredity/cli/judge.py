"""heredity judge: grade the answers in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from heredity.cli.console import say, watched
from heredity.cli.options import (
    AnswersOption,
    DollarsInOption,
    DollarsOutOption,
    MapOption,
    ModelOption,
    OutOption,
    SaidArgument,
    SeedOption,
    StrictOption,
    ThinkingOption,
    TraitOption,
    ViaOption,
)
from heredity.cli.work import endpoint_for, loaded, rows_in, writable
from heredity.ground.errors import InputError, UnknownNameError
from heredity.records.judging import JudgedBy
from heredity.report.write import told, write
from heredity.store.kept_rows import write_jsonl
from heredity.traits import define

if TYPE_CHECKING:
    from heredity.models.remote.endpoint import Endpoint

KINDS: tuple[JudgedBy, ...] = get_args(JudgedBy)
DIGITS_COST = "counting first requests; a judge that splits numbers into digits is asked up to about ten times as much"


def judge_command(
    context: typer.Context,
    file: SaidArgument,
    columns: MapOption = "",
    is_strict: StrictOption = False,
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
    usual parameters. Else --model judges. Writes OUT/judged.jsonl and OUT/judging.json.
    """
    kind = next((one for one in KINDS if one == by), None)
    if kind is None:
        raise UnknownNameError("judge", by, KINDS)
    require_an_endpoint_where_it_counts(by, via, judge_model, estimate or answers_alone or thinking > 0)
    trait, corpus, folder = (
        define.trait(name),
        rows_in(context, file, columns, is_strict, is_spoken=True),
        writable(out),
    )
    from heredity.studies.judging import answers_in, estimated, judge_answers

    answers = answers_in(corpus)
    judge: Endpoint | None = None
    if via is not None:
        manner = manner_of(answers_alone, thinking)
        judge = endpoint_for(via, judge_model, "--judge-model", dollars_in, dollars_out, manner=manner)
        cost = estimated(judge, trait, [answer.asked for answer in answers])
        typer.echo(str(cost) if answers_alone else f"{cost} ({DIGITS_COST})", err=True)
        if estimate:
            return say(cost, "nothing was sent", context.obj.as_json)
    with watched(context.obj.is_quiet) as progress:
        judging = judge_answers(answers, trait, judge or loaded(context, model), kind, seed, progress)
    path = write_jsonl(folder / "judged.jsonl", judging.lines)
    write(judging.report, folder)
    say(judging.report, f"{told(judging.report)}\nwritten to {path}", context.obj.as_json)
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
