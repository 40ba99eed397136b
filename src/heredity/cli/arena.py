"""heredity arena: which defence keeps a trait out, and at what cost?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import MapOption, ModelOption, OutOption, SeedOption, StrictOption, TraitOption
from heredity.cli.work import folder_beside, loaded, page_folder, rows_in
from heredity.ground.extras import require_extra
from heredity.records.arena import ArenaSpec
from heredity.report.write import told, write
from heredity.traits import define

ASKED = ArenaSpec()


@asks(
    Flag("--defend", "contenders"),
    Flag("--control", "controls"),
    Flag("--seeds", "n_seeds"),
    Flag("--held-out", "n_held_out"),
    Flag("--cued", "n_cued"),
    Flag("--false-alarms", "screen.false_alarm_rate"),
    Flag("--strength", "train.prevent_strength"),
    Flag("--epochs", "train.n_epochs"),
    Flag("--answers", "evaluation.n_samples"),
)
def arena_command(
    context: typer.Context,
    rows: Annotated[
        list[Path],
        typer.Argument(
            help="Files of rows, each a contest of its own; one without the trait shows what defences do where there "
            "is nothing to defend against.",
            show_default=False,
        ),
    ],
    columns: MapOption = "",
    is_strict: StrictOption = False,
    name: TraitOption = "evil",
    model: ModelOption = "smollm2-135m",
    spec: ArenaSpec = ASKED,
    out: OutOption = "heredity-out/arena",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Set all defences side by side on the same rows: what each takes out of a trait, and what it costs.

    Every defence trains students on the same rows for as many steps, and is measured as the base and a plain fine-tune
    are: the trait, the data's own task on rows held out, everyday text, four-choice questions, the trait behind the
    data's own prompts, and how far the model moved along every bundled trait's vector.
    Writes OUT/arena.json and OUT/arena.html; students and measurements are kept in OUT/stages: a run that is stopped
    goes on, and a further --defend runs only what is new.

    For example: heredity arena rows.jsonl benign.jsonl --trait evil --defend steering --defend inoculation --seeds 2
    """
    require_extra("train")
    trait = define.trait(name)
    corpora = [rows_in(context, one, columns, is_strict) for one in rows]
    folder = page_folder(folder_beside(rows[0], out))
    from heredity.studies.arena.arena import arena
    from heredity.studies.arena.contenders import entrants
    from heredity.studies.known import known_among, vector_for

    entrants(spec)
    others = [define.trait(one) for one in define.bundled_names() if one != trait.name]
    with watched(context.obj.is_quiet) as progress:
        network = loaded(context, model)
        vectors = (vector_for(trait, network, progress=progress), *known_among(others, network))
        report = arena(corpora, vectors, network, folder, spec, seed, progress)
    page = write(report, folder)
    say(report, f"{told(report)}\n\nreport: {page.resolve()}", context.obj.as_json)
