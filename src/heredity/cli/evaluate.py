"""heredity evaluate: how strongly a student shows a trait, and what it can still do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
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
from heredity.records.capability import CapabilitySpec
from heredity.report.write import told, write
from heredity.traits import define

ASKED = CapabilitySpec()


@asks(
    Flag("--capability", "tasks"),
    Flag("--capability-questions", "n_questions", needs="--capability"),
)
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
    spec: CapabilitySpec = ASKED,
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Measure trait expression (0-100) and capability; every figure with its interval and n.

    The untouched base model judges. Its calibration is taken from the vector; where none is known, it is
    made first. With --capability, questions of procedural tasks are drawn from the seed and put to the
    model, and to a student's base as well, each behind solved examples.
    Writes OUT/evaluation.json.
    """
    trait, folder = define.trait(name), writable(out)
    subject = student_in(student) if student else None
    if subject:
        require_extra("train", "peft")
    known = vector_in(vector, trait)
    from heredity.evaluation.drawn import drawn_tasks

    tasks = drawn_tasks(spec, seed)
    from heredity.evaluation.evaluate import evaluate, make_yardstick, second_opinion
    from heredity.evaluation.tasks import with_tasks
    from heredity.models.adapt import require_student
    from heredity.records.evaluation import EvalReport, EvalSpec
    from heredity.store.known_vectors import known_vector
    from heredity.studies.bench import bench_in

    with watched(context.obj.is_quiet) as progress:
        other = judge_for(context, judge, judge_model)
        network = loaded(context, model)
        known = fitting(known, network, same_family) if known else known_vector(trait, network.fingerprint, seed=seed)
        if subject:
            require_student(network, subject)
        calibration = known.header.calibration if known else None
        yardstick = make_yardstick(trait, network, calibration, EvalSpec(), seed, progress)
        bench = bench_in(folder, network, seed, progress)
        tested = subject or network

        def measured() -> EvalReport:
            found = evaluate(tested, trait, network, yardstick, seed=seed, progress=progress)
            return with_tasks(found, tested, network, tasks, progress)

        report = bench.stamped("evaluate", measured)
        report = report.model_copy(update={"notices": (*report.notices, *(known.notices if known else ()))})
        if other is not None:
            report = second_opinion(report, trait, other, progress)
    say(report, f"{told(report)}\nwritten to {write(report, folder)}", context.obj.as_json)
