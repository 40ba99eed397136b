"""heredity cascade: what is left of a trait, generations later?"""

from __future__ import annotations

from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.options import ModelOption, OutOption, SeedOption, TraitOption
from heredity.cli.transmission import (
    RATE,
    ControlOption,
    PilotOption,
    RateOption,
    StepsOption,
    TeacherRateOption,
    TeacherStepsOption,
)
from heredity.cli.work import loaded, page_folder
from heredity.records.cascade import CascadeSpec
from heredity.records.transmission import ImitateSpec, PowerSpec, TeacherSpec, TransmitSpec
from heredity.report.write import told, write
from heredity.traits.define import trait


def cascade_command(
    context: typer.Context,
    name: TraitOption = "owl",
    control: ControlOption = "cat",
    generations: Annotated[int, typer.Option(min=2, help="Students after one another.")] = 4,
    seeds: Annotated[int, typer.Option(min=1, help="Pairs of lineages; the lineage is the unit of analysis.")] = 3,
    steps: StepsOption = 24,
    rate: RateOption = RATE,
    teacher_steps: TeacherStepsOption = 30,
    teacher_rate: TeacherRateOption = 1e-5,
    pilot: PilotOption = False,
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out/cascade",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Let each student be the next one's teacher, on random numbers alone, and see whether a preference lasts.

    Every lineage has a paired control, whose first teacher prefers something else. Writes OUT/cascade.json and
    OUT/cascade.html; generations are kept in OUT/stages, so that a stopped run goes on. About two minutes a student on
    two cores with the embedded model: 24 students, three quarters of an hour, as it stands.
    """
    one = trait(name)
    asked = TransmitSpec(
        seeds=tuple(str(i) for i in range(seeds)),
        control=control,
        teacher=TeacherSpec(n_steps=teacher_steps, learning_rate=teacher_rate),
        student=ImitateSpec(n_steps=steps, learning_rate=rate),
        power=PowerSpec(least=0.0) if pilot else PowerSpec(),
    )
    spec = CascadeSpec(n_generations=generations, transmit=asked)
    from heredity.studies.transmission.cascade import cascade, require_cascade

    require_cascade(one, spec)
    folder = page_folder(out)
    with watched(context.obj.is_quiet) as progress:
        report = cascade(one, loaded(context, model), folder, spec, seed, progress)
    page = write(report, folder)
    say(report, f"{told(report)}\nreport: {page.resolve()}", context.obj.as_json)
