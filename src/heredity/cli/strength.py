"""heredity strength: how far is a student to be pushed while it trains?"""

from __future__ import annotations

from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import (
    MapOption,
    ModelOption,
    OutOption,
    RowsArgument,
    SeedOption,
    StrictOption,
    TraitOption,
    VectorOption,
)
from heredity.cli.work import folder_beside, loaded, rows_in, vector_in, writable
from heredity.ground.extras import require_extra
from heredity.records.strength import StrengthSpec
from heredity.report.write import told, write
from heredity.traits import define

ASKED = StrengthSpec()


@asks(
    Flag("--steps", "n_steps"),
    Flag("--learning-rate", "train.learning_rate"),
    Flag("--answers", "evaluation.n_samples"),
)
def strength_command(
    context: typer.Context,
    rows: RowsArgument,
    columns: MapOption = "",
    is_strict: StrictOption = False,
    name: TraitOption = "evil",
    vector: VectorOption = None,
    doses: Annotated[
        list[float] | None,
        typer.Option(
            "--dose", help="A multiple of the vector to try; may be repeated. Unless you say: 0.25, 0.5, 1, 2."
        ),
    ] = None,
    model: ModelOption = "smollm2-135m",
    spec: StrengthSpec = ASKED,
    out: OutOption = "heredity-out/strength",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Find the smallest push that keeps a trait out of a fine-tune on these rows, on short probe runs.

    A plain probe is trained first: where it is not shown to raise the trait, there is nothing to hold, and no strength
    is named. Then one dose after the other, the smallest first, until one leaves less than the plain probe and is not
    shown to lie above the base; one that costs everyday log p or four-choice accuracy is not taken.
    Writes OUT/strength.json; probes are kept in OUT/stages, and a run that is stopped goes on.

    For example: heredity strength rows.jsonl --trait evil; then: heredity train rows.jsonl --prevent evil.safetensors
    --strength 0.5
    """
    require_extra("train")
    trait, corpus = define.trait(name), rows_in(context, rows, columns, is_strict)
    folder, given = writable(folder_beside(rows, out)), vector_in(vector, trait)
    from heredity.studies.known import vector_for
    from heredity.studies.strength import find_strength, require_doses

    spec = spec.model_copy(update={"doses": tuple(sorted(doses))}) if doses else spec
    require_doses(spec.doses)
    with watched(context.obj.is_quiet) as progress:
        network = loaded(context, model)
        direction = given or vector_for(trait, network, progress=progress)
        report = find_strength(corpus, direction, network, folder, spec, seed, progress)
    write(report, folder)
    say(report, f"{told(report)}\nwritten to {folder}", context.obj.as_json)
