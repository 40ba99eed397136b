"""heredity train: fine-tune a student, with or without preventative steering."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.options import EpochsOption, ModelOption, OutOption, RowsArgument, SeedOption, StrengthOption
from heredity.cli.work import loaded, save_student, writable
from heredity.ground.extras import require_extra
from heredity.report.write import told
from heredity.store.rows import read_rows
from heredity.store.tensors import load_vector


def train_command(
    context: typer.Context,
    rows: RowsArgument,
    model: ModelOption = "smollm2-135m",
    prevent: Annotated[
        list[Path] | None, typer.Option("--prevent", help="Vector to steer along while training; may be repeated.")
    ] = None,
    strength: StrengthOption = 0.5,
    all_blocks: Annotated[
        bool, typer.Option("--all-blocks", help="Push increments at every block instead of the vector at one.")
    ] = False,
    epochs: EpochsOption = 2.0,
    snapshots: Annotated[
        int, typer.Option("--snapshots", help="Adapters to save on the way, for `heredity shift` to look at.")
    ] = 0,
    out: OutOption = "heredity-out/student",  # type: ignore[assignment]
    seed: SeedOption = "0",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Delete what an earlier run left in OUT, and start from the base.")
    ] = False,
) -> None:
    """Fine-tune a LoRA student on the rows' responses.

    Writes OUT/adapter (safetensors) and OUT/student.json. Ctrl-C keeps the last checkpoint; the same command goes on,
    and any other is refused there.
    """
    require_extra("train")
    corpus, folder = read_rows(rows), writable(out)
    vectors = [load_vector(path) for path in prevent or []]
    from heredity.records.student import TrainSpec
    from heredity.studies.bench import bench_in
    from heredity.training.resume import foresee, require_removable, start_afresh
    from heredity.training.train import asked_of, train

    spec = TrainSpec(n_epochs=epochs, prevent_strength=strength, prevent_all_blocks=all_blocks, n_snapshots=snapshots)
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
