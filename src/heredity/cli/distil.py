"""heredity distil: which traits does a student take over beside its teacher's skill?"""

from __future__ import annotations

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import ModelOption, OutOption, SeedOption
from heredity.cli.transmission import pairs_of, students_of, teachers_of
from heredity.cli.work import loaded, page_folder
from heredity.records.distillation import DistilSpec
from heredity.report.write import told, write

ASKED = DistilSpec()


@asks(
    Flag("--trait", "traits", "A preference, a bundled character trait or a YAML file."),
    Flag("--carrier", "carriers"),
    Flag("--labels", "student.labels"),
    pairs_of("seeds", "One of each gives no interval."),
    *students_of("student"),
    *teachers_of("teacher"),
)
def distil_command(
    context: typer.Context,
    spec: DistilSpec = ASKED,
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
    from heredity.studies.distillation.distil import distil, planned

    planned(spec)
    folder = page_folder(out)
    with watched(context.obj.is_quiet) as progress:
        report = distil(loaded(context, model), folder, spec, seed, progress)
    page = write(report, folder)
    say(report, f"{told(report)}\nreport: {page.resolve()}", context.obj.as_json)
