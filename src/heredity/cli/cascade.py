"""heredity cascade: what is left of a trait, generations later?"""

from __future__ import annotations

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import ModelOption, OutOption, SeedOption, TraitOption
from heredity.cli.transmission import ONLY_WRITTEN, pairs_of, pilot_of, students_of, teachers_of
from heredity.cli.work import loaded, page_folder
from heredity.ground.extras import require_extra
from heredity.records.cascade import CascadeSpec
from heredity.report.write import told, write
from heredity.traits import define

ASKED = CascadeSpec()


@asks(
    Flag("--control", "transmit.control"),
    Flag("--generations", "n_generations"),
    pairs_of("transmit.seeds", "Here pairs of lineages."),
    Flag("--carrier", "transmit.carrier.kind", "Random numbers take soft labels, what teachers write hard ones."),
    Flag("--labels", "transmit.student.labels"),
    Flag("--prompts", "transmit.carrier.n_prompts", only=ONLY_WRITTEN),
    Flag("--tokens", "transmit.carrier.n_tokens", only=ONLY_WRITTEN),
    *students_of("transmit.student"),
    Flag("--lora", "transmit.student.lora_rank"),
    *teachers_of("transmit.teacher"),
    pilot_of("transmit.power.least"),
)
def cascade_command(
    context: typer.Context,
    name: TraitOption = "owl",
    spec: CascadeSpec = ASKED,
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out/cascade",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Let each student be the next one's teacher, on numbers or lists alone, and see whether a preference lasts.

    Every lineage has a paired control, whose first teacher prefers something else. Writes OUT/cascade.json and
    OUT/cascade.html; generations are kept in OUT/stages, so that a stopped run goes on. About two minutes a student on
    two cores with the embedded model: 24 students, three quarters of an hour, as it stands. By data alone, where each
    generation writes the next one's lists: --carrier number-words --labels hard --lora 8 --tokens 16 --batch-rows 16
    --steps 100 --rate 2e-4.
    """
    trait = define.trait(name)
    from heredity.studies.transmission.cascade import cascade, require_cascade

    require_cascade(trait, spec)
    if spec.transmit.student.lora_rank:
        require_extra("train", "peft")
    folder = page_folder(out)
    with watched(context.obj.is_quiet) as progress:
        report = cascade(trait, loaded(context, model), folder, spec, seed, progress)
    page = write(report, folder)
    say(report, f"{told(report)}\nreport: {page.resolve()}", context.obj.as_json)
