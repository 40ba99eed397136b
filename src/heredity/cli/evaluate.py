"""heredity evaluate: how strongly a student shows a trait, and what it can still do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.options import (
    JudgeModelOption,
    JudgeOption,
    ModelOption,
    OutOption,
    SameFamilyOption,
    SeedOption,
    TraitOption,
    VectorOption,
)
from heredity.cli.work import fitting, judge_for, loaded, student_in, vector_in, writable
from heredity.ground.extras import require_extra
from heredity.records.evaluation import EvalReport
from heredity.store.workspace import save_record
from heredity.traits.define import trait


def evaluate_command(
    context: typer.Context,
    student: Annotated[
        Path | None, typer.Argument(help="A student.json written by `heredity train`; none: the model itself.")
    ] = None,
    name: TraitOption = "evil",
    model: ModelOption = "smollm2-135m",
    vector: VectorOption = None,
    same_family: SameFamilyOption = False,
    judge: JudgeOption = None,
    judge_model: JudgeModelOption = None,
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Measure trait expression (0-100) and capability; every figure with its interval and n.

    The untouched base model judges. With --vector the judge's calibration is taken from it, else made first.
    Writes OUT/evaluation.json.
    """
    one, folder = trait(name), writable(out)
    subject = student_in(student) if student else None
    if subject:
        require_extra("train", "peft")
    known = vector_in(vector, one)
    header = known.header if known else None
    from heredity.evaluation.evaluate import evaluate, make_yardstick, second_opinion
    from heredity.evaluation.spec import EvalSpec
    from heredity.models.adapt import require_student

    with watched(context.obj.is_quiet) as progress:
        other = judge_for(context, judge, judge_model)
        network = loaded(context, model)
        known = fitting(known, network, same_family) if known else None
        if subject:
            require_student(network, subject)
        calibration = header.calibration if header else None
        yardstick = make_yardstick(one, network, calibration, EvalSpec(), seed, progress)
        report = evaluate(subject or network, one, network, yardstick, seed=seed, progress=progress)
        report = report.model_copy(update={"notices": (*report.notices, *(known.notices if known else ()))})
        if other is not None:
            report = second_opinion(report, one, other, progress)
    save_record(report, folder / "evaluation.json")
    say(report, f"{described(report)}\nwritten to {folder / 'evaluation.json'}", context.obj.as_json)


def described(report: EvalReport) -> str:
    """Return what a person wants to know of an evaluation."""
    kinds = "   ".join(f"{kind} {estimate}" for kind, estimate in report.accuracy_by_kind.items())
    return "\n".join(
        [
            f"{report.trait}, judged by the {report.judge} judge on {report.judge_model}",
            f"  expression (0-100)       {report.expression}",
            *second_told(report),
            f"  benign log p (nats)      {report.benign_log_p}",
            f"  four-choice questions    {report.accuracy}",
            f"                           {kinds}",
            *([f"  answers never reached    {report.n_unreached}"] if report.n_unreached else []),
            *(f"  {line}" for line in report.notices),
        ]
    )


def second_told(report: EvalReport) -> list[str]:
    """Return the line of the independent judge, where there was one."""
    second = report.second
    if second is None:
        return []
    figure = second.expression or f"not graded ({second.commonest_reason or 'too few questions'})"
    return [f"  by {second.judge:<21} {figure}"]
