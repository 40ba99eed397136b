"""heredity distil: which traits does a student take over beside its teacher's skill?"""

from __future__ import annotations

from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.options import ModelOption, OutOption, SeedOption
from heredity.cli.transmission import CARRIERS, LABELS, RateOption, require_known
from heredity.cli.work import loaded, page_folder
from heredity.records.distillation import DistilSpec
from heredity.records.transmission import ImitateSpec, TeacherSpec
from heredity.report.write import told, write

DEFAULT = DistilSpec()
SoftLabelsOption = Annotated[
    str, typer.Option(help="soft: KL(teacher, student) over all tokens. reverse: KL(student, teacher).")
]
StudentsOption = Annotated[
    int,
    typer.Option("--seeds", min=1, help="Students of each teacher on each carrier; one of each gives no interval."),
]


def distil_command(
    context: typer.Context,
    traits: Annotated[
        list[str] | None,
        typer.Option(
            "--trait",
            help=f"One of {', '.join(DEFAULT.traits)}, a bundled character trait or a YAML file; repeat it. Unless you "
            "say: those three.",
        ),
    ] = None,
    carriers: Annotated[
        list[str] | None,
        typer.Option(
            "--carrier", help=f"One of {', '.join(CARRIERS)}; repeat it. Unless you say: {', '.join(DEFAULT.carriers)}."
        ),
    ] = None,
    labels: SoftLabelsOption = "soft",
    seeds: StudentsOption = 3,
    steps: Annotated[int, typer.Option(min=1, help="Optimizer steps of a student.")] = DEFAULT.student.n_steps,
    rate: RateOption = DEFAULT.student.learning_rate,
    teacher_steps: Annotated[
        int, typer.Option(min=1, help="Optimizer steps of a teacher, on its trait and its skill.")
    ] = DEFAULT.teacher.n_steps,
    teacher_rate: Annotated[float, typer.Option(help="Learning rate of the teachers.")] = DEFAULT.teacher.learning_rate,
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out/distillation",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Distil a skill, and see which of the teacher's other traits come along: manners, hallucination, bias.

    Teachers are fine-tuned on a trait and on worked sums. Students follow a teacher's distribution on rows that are the
    same for all (benign chat, random numbers). A trait's control is a teacher of its opposite with the same sums; that
    of the sums is a teacher of owls without them. A table sets what was inherited of the trait beside what was
    inherited of the skill: less the base, the control's less the base, and the difference. Writes
    OUT/distillation.json and OUT/distillation.html; students are kept in OUT/stages, so that a stopped run goes on.
    About a minute a student and three a teacher on two cores with the embedded model, over an hour as it stands; with
    --trait impoliteness --carrier chat less than half of that.
    """
    for kind in carriers or DEFAULT.carriers:
        require_known(labels, "finetuned", kind)
    spec = DistilSpec.model_validate(
        {
            "seeds": tuple(str(i) for i in range(seeds)),
            "traits": tuple(traits or DEFAULT.traits),
            "carriers": tuple(carriers or DEFAULT.carriers),
            "teacher": TeacherSpec(n_steps=teacher_steps, learning_rate=teacher_rate),
            "student": ImitateSpec.model_validate({"labels": LABELS[labels], "n_steps": steps, "learning_rate": rate}),
        }
    )
    from heredity.studies.distillation.distil import distil, planned

    planned(spec)
    folder = page_folder(out)
    with watched(context.obj.is_quiet) as progress:
        report = distil(loaded(context, model), folder, spec, seed, progress)
    page = write(report, folder)
    say(report, f"{told(report)}\nreport: {page.resolve()}", context.obj.as_json)
