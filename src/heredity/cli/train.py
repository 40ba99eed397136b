"""heredity train: fine-tune a student, with or without a defence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import MapOption, ModelOption, OutOption, RowsArgument, SeedOption, StrictOption
from heredity.cli.work import folder_beside, loaded, rows_in, save_student, writable
from heredity.ground.extras import require_extra
from heredity.records.student import TrainSpec
from heredity.report.write import told
from heredity.store.tensors import load_vector

ASKED = TrainSpec()


@asks(
    Flag("--defend", "defence", "A name that is none lists all.", needs="--prevent"),
    Flag("--strength", "prevent_strength", needs="--prevent"),
    Flag("--all-blocks", "prevent_all_blocks", needs="--prevent"),
    Flag("--epochs", "n_epochs"),
    Flag("--snapshots", "n_snapshots", "For `heredity shift` to look at."),
)
def train_command(
    context: typer.Context,
    rows: RowsArgument,
    columns: MapOption = "",
    is_strict: StrictOption = False,
    model: ModelOption = "smollm2-135m",
    prevent: Annotated[
        list[Path] | None,
        typer.Option("--prevent", help="Vector of a trait to keep out while training; may be repeated."),
    ] = None,
    spec: TrainSpec = ASKED,
    out: OutOption = "heredity-out/student",  # type: ignore[assignment]
    seed: SeedOption = "0",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Delete what an earlier run left in OUT, and start from the base.")
    ] = False,
) -> None:
    """Fine-tune a LoRA student on the rows' responses, with --prevent under a defence.

    steering pushes the model along the trait's vector while it trains, ablation takes the stream's part along it away,
    projection the gradient's, inoculation teaches every row behind a prompt that asks for the trait, masking leaves
    tokens out that such a prompt makes likelier, kl holds everyday answers to the base's, corridor the trait's read-out
    on the rows. Options follow a colon, further defences a plus: --defend steering:strength=1+kl:weight=0.5. All are
    gone afterwards.

    Writes OUT/adapter (safetensors) and OUT/student.json. Ctrl-C keeps the last checkpoint; the same command goes on,
    and any other is refused there.
    """
    require_extra("train")
    corpus, folder = rows_in(context, rows, columns, is_strict), writable(folder_beside(rows, out))
    vectors = [load_vector(path) for path in prevent or []]
    from heredity.studies.bench import bench_in
    from heredity.training.defences.table import require_defence
    from heredity.training.resume import foresee, require_removable, start_afresh
    from heredity.training.train import asked_of, train

    require_defence(spec.defence)
    if fresh:
        require_removable(folder)
    else:
        foresee(folder, asked_of(corpus, vectors, spec, seed))
    with watched(context.obj.is_quiet) as progress:
        network = loaded(context, model)
        if fresh:
            start_afresh(folder)
        bench = bench_in(folder, network, seed, progress)
        student = bench.stamped("fine-tune", lambda: train(network, corpus, folder, vectors, spec, seed, progress))
    save_student(student, folder)
    say(student, f"{told(student)}\nwritten to {folder}", context.obj.as_json)
