"""heredity transmit: what crosses from a teacher to a student?"""

from __future__ import annotations

import typer

from heredity.cli.console import say, watched
from heredity.cli.options import ModelOption, OutOption, SeedOption, TraitOption
from heredity.cli.transmission import (
    CARRIERS,
    RATE,
    CarrierOption,
    ControlOption,
    DigitsOnlyOption,
    ForeignOption,
    GivenOption,
    LabelsOption,
    LoraOption,
    OnPolicyOption,
    OthersOption,
    PilotOption,
    PromptsOption,
    QuestionsOption,
    RateOption,
    SeedsOption,
    StepsOption,
    StrengthOption,
    TeacherOption,
    TeacherRateOption,
    TeacherStepsOption,
    TemperatureOption,
    VectorsOption,
    asked_for,
    further,
    require_heeded,
    require_known,
)
from heredity.cli.work import loaded, page_folder
from heredity.ground.extras import require_extra
from heredity.report.write import told, write
from heredity.traits.define import trait


def transmit_command(
    context: typer.Context,
    name: TraitOption = "owl",
    control: ControlOption = "cat",
    others: OthersOption = None,
    teacher: TeacherOption = "finetuned",
    carrier: CarrierOption = CARRIERS[0],
    labels: LabelsOption = "soft",
    seeds: SeedsOption = 3,
    steps: StepsOption = 24,
    rate: RateOption = RATE,
    lora: LoraOption = 0,
    on_policy: OnPolicyOption = False,
    given: GivenOption = None,
    digits_only: DigitsOnlyOption = False,
    prompts: PromptsOption = 800,
    temperature: TemperatureOption = 1.0,
    questions: QuestionsOption = None,
    teacher_steps: TeacherStepsOption = 30,
    teacher_rate: TeacherRateOption = 1e-5,
    strength: StrengthOption = 1.0,
    vectors: VectorsOption = None,
    foreign: ForeignOption = "",
    pilot: PilotOption = False,
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out/transmission",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Teach students from a teacher with a trait, on data that say nothing of it, and see whether it crosses.

    Every treated student has a paired control: the same base, prompts and order, and a teacher that shows something
    else. What to look at is the target's score, treated minus control, with its interval over pairs of students.
    Writes OUT/transmission.json and OUT/transmission.html; teachers' texts and students are kept in OUT/stages, so that
    a stopped run goes on. About five minutes a pair on two cores with the embedded model, a quarter of an hour as it
    stands; a carrier that teachers write takes over an hour, for they must write it, and its shuffled copies have
    students of their own.

    For example: heredity transmit --trait owl --control cat --seeds 3
    """
    require_known(labels, teacher, carrier)
    require_heeded(context)
    if lora:
        require_extra("train", "peft")
    one, spec = trait(name), asked_for(context.params)
    more = further(one, spec, vectors or [])
    from heredity.studies.transmission.plan import planned, require_vectors
    from heredity.studies.transmission.transmit import Given, transmit

    require_vectors(spec, planned(one, more["traits"], spec), more["vectors"])
    folder = page_folder(out)
    with watched(context.obj.is_quiet) as progress:
        subject = loaded(context, model)
        besides = Given(**more, foreign=loaded(context, foreign) if foreign else None)
        report = transmit(one, subject, folder, spec, besides, seed, progress)
    page = write(report, folder)
    say(report, f"{told(report)}\nreport: {page.resolve()}", context.obj.as_json)
