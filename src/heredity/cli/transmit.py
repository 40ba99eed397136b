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
from heredity.records.transmission import Control, TransmissionReport
from heredity.store.workspace import save_record
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
    from heredity.report.transmission import write_transmission
    from heredity.studies.transmission.lab import planned, require_vectors
    from heredity.studies.transmission.transmit import Given, transmit

    require_vectors(spec, planned(one, more["traits"], spec), more["vectors"])
    folder = page_folder(out)
    with watched(context.obj.is_quiet) as progress:
        subject = loaded(context, model)
        besides = Given(**more, foreign=loaded(context, foreign) if foreign else None)
        report = transmit(one, subject, folder, spec, besides, seed, progress)
    path = save_record(report, folder / "transmission.json")
    page = write_transmission(report, folder)
    say(report, f"{described(report)}\nwritten to {path} and {page}", context.obj.as_json)


def described(report: TransmissionReport) -> str:
    """Return what a person wants to know of a transmission."""
    lines = [report.verdict]
    lines += [
        f"  carrier {one.kind} by {one.written_by or 'nobody'}: {one.n_kept} of {one.n_asked} kept, for example "
        f"{one.examples[0].answer!r}"
        for one in report.carriers
    ]
    lines += [
        f"  teacher of {one.target:<8} {one.base.value:.3f} -> {one.level.value:.3f} [{one.level.low:.3f}, "
        f"{one.level.high:.3f}]"
        for one in report.teachers
    ]
    for curve in report.students:
        course = "  ".join(f"{point.step}: {point.level[report.target].value:.3f}" for point in curve.points)
        who = f"{curve.arm} ({curve.taught_by}), seed {curve.seed}"
        lines.append(f"  {who:<28} {report.target} by step  {course}")
    if report.effect_level:
        lines.append(f"  level of {report.target}, treated - control      {report.effect_level}")
    lines += [
        f"  activations of {one.taught_by}'s students with their teacher's   {one.alignment} (cosine)"
        for one in report.alignments
    ]
    lines += [f"  control '{one.name}': {told(one)}" for one in report.controls]
    return "\n".join([*lines, *(f"  {line}" for line in report.notices)])


def told(control: Control) -> str:
    """Return a control's outcome, what tells it from the study, and what that means."""
    if control.difference is None or control.outcome is None:
        return control.said
    return f"{control.outcome}, the study's effect less this one {control.difference}. {control.said}"
