"""heredity transmit: what crosses from a teacher to a student?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import ModelOption, OutOption, SeedOption, TraitOption
from heredity.cli.transmission import (
    ONLY_FINETUNED,
    ONLY_WRITTEN,
    further,
    pairs_of,
    pilot_of,
    students_of,
    teachers_of,
)
from heredity.cli.work import loaded, page_folder
from heredity.ground.errors import InputError
from heredity.ground.extras import require_extra
from heredity.records.carrier import DIGITS_AND_SEPARATORS
from heredity.records.transmission import TransmitSpec
from heredity.report.write import told, write
from heredity.traits import define

ASKED = TransmitSpec()

FLAGS = (
    Flag("--control", "control", "A name that it does not have lists them."),
    Flag("--other", "others"),
    Flag("--teacher", "teacher.kind"),
    Flag("--carrier", "carrier.kind"),
    Flag("--labels", "student.labels"),
    pairs_of("seeds"),
    *students_of("student"),
    Flag("--lora", "student.lora_rank"),
    Flag("--on-policy", "student.on_policy"),
    Flag("--given", "carrier.n_given"),
    Flag(
        "--digits-only",
        "student.characters",
        sets=DIGITS_AND_SEPARATORS,
        instead="Only digits and separators count, renormalised: what the numbers say alone.",
    ),
    Flag("--prompts", "carrier.n_prompts", only=ONLY_WRITTEN),
    Flag("--answers", "carrier.n_answers", only=ONLY_WRITTEN),
    Flag("--temperature", "carrier.temperature", only=ONLY_WRITTEN),
    Flag("--tokens", "carrier.n_tokens", only=ONLY_WRITTEN),
    Flag("--alphabet", "carrier.alphabet", only=("--carrier", ("listed",))),
    Flag("--questions", "carrier.source", only=("--carrier", ("reasoning",))),
    *teachers_of("teacher", ONLY_FINETUNED),
    Flag("--strength", "teacher.strength", only=("--teacher", ("steered",))),
    Flag("--shuffled", "n_shuffled"),
    Flag("--remedy", "remedies", only=("--labels", ("hard",))),
    Flag("--foreign", "foreign"),
    pilot_of("power.least"),
)
VectorsOption = Annotated[
    list[Path] | None,
    typer.Option("--vector", "-v", help="The vector of a steered teacher; one for every target, the control's too."),
]


@asks(*FLAGS)
def transmit_command(
    context: typer.Context,
    name: TraitOption = "owl",
    spec: TransmitSpec = ASKED,
    vectors: VectorsOption = None,
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
    if vectors and spec.teacher.kind != "steered":
        raise InputError(f"--vector has no effect with --teacher {spec.teacher.kind}, only with: steered; leave it out")
    if spec.student.lora_rank:
        require_extra("train", "peft")
    trait = define.trait(name)
    more = further(trait, spec, vectors or [])
    from heredity.studies.transmission.plan import planned, require_vectors
    from heredity.studies.transmission.transmit import Given, transmit

    require_vectors(spec, planned(trait, more["traits"], spec), more["vectors"])
    folder = page_folder(out)
    with watched(context.obj.is_quiet) as progress:
        subject = loaded(context, model)
        besides = Given(**more, foreign=loaded(context, spec.foreign) if spec.foreign else None)
        report = transmit(trait, subject, folder, spec, besides, seed, progress)
    page = write(report, folder)
    say(report, f"{told(report)}\nreport: {page.resolve()}", context.obj.as_json)
