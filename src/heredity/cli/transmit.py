"""heredity transmit: what crosses from a teacher to a student?"""

from __future__ import annotations

from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.options import ModelOption, OutOption, SeedOption, TraitOption
from heredity.cli.work import loaded, writable
from heredity.ground.errors import InputError, UnknownNameError
from heredity.records.transmission import TransmissionReport, TransmitSpec
from heredity.store.workspace import save_record
from heredity.traits.define import trait

LABELS = {"soft": "forward_kl", "reverse": "reverse_kl"}


def transmit_command(
    context: typer.Context,
    name: TraitOption = "owl",
    control: Annotated[str, typer.Option(help="What the control student's teacher prefers.")] = "cat",
    labels: Annotated[
        str, typer.Option(help="soft: the teacher's whole distribution. reverse: KL the other way round.")
    ] = "soft",
    seeds: Annotated[int, typer.Option(help="Pairs of students; the student is the unit of analysis.")] = 3,
    steps: Annotated[int, typer.Option(help="Optimizer steps of a student.")] = 24,
    teacher_steps: Annotated[int, typer.Option(help="Optimizer steps that give a teacher its preference.")] = 25,
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out/transmission",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Teach students from a teacher with a preference, on random numbers alone, and see whether it crosses.

    Every treated student has a paired control: the same base, numbers and order, and a teacher with another preference.
    Writes OUT/transmission.json; students are kept in OUT/stages, so that a stopped run goes on. About five minutes a
    pair on two cores with the embedded model.
    """
    if labels not in LABELS:
        raise UnknownNameError("kind of labels", labels, LABELS)
    one, folder = trait(name), writable(out)
    if one.kind != "preference":
        raise InputError(f"'{one.name}' is no preference; transmission is measured for preferences such as 'owl'")
    from heredity.studies.transmission import transmit

    spec = TransmitSpec.model_validate(
        {
            "seeds": tuple(str(i) for i in range(seeds)),
            "control": control,
            "labels": LABELS[labels],
            "n_steps": steps,
            "teacher_steps": teacher_steps,
        }
    )
    with watched(context.obj.is_quiet) as progress:
        report = transmit(one, loaded(context, model), folder, spec, seed, progress)
    path = save_record(report, folder / "transmission.json")
    say(report, f"{described(report)}\nwritten to {path}", context.obj.as_json)


def described(report: TransmissionReport) -> str:
    """Return what a person wants to know of a transmission."""
    lines = [report.verdict, f"carrier: {report.carrier}, for example {report.examples[0]}"]
    lines += [
        f"  teacher of {one.target:<8} P({one.target}) {one.base.value:.3f} -> {one.probability}"
        for one in report.teachers
    ]
    for curve in report.students:
        course = "  ".join(f"{point.step}: {point.probability[report.target].value:.3f}" for point in curve.points)
        lines.append(f"  {curve.arm:<8} seed {curve.seed}  P({report.target}) by step  {course}")
    lines += [
        f"  P({report.target}), treated - control      {report.effect_probability}",
        f"  log-odds of {report.control}, control - treated  {report.control_effect}",
    ]
    return "\n".join(lines)
