"""heredity train: fine-tune a student, with or without a defence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import MapOption, ModelOption, OutOption, RowsArgument, SeedOption, StrictOption
from heredity.cli.work import folder_beside, loaded, rows_in, save_student, writable
from heredity.ground.errors import InputError
from heredity.ground.extras import require_extra
from heredity.records.defending import needs_of
from heredity.records.student import TrainSpec
from heredity.report.write import told
from heredity.store.scores import SCORES, load_scores
from heredity.store.tensors import load_vector

if TYPE_CHECKING:
    from heredity.records.vector import TraitVector
    from heredity.training.defences.given import Given

ASKED = TrainSpec()


@asks(
    Flag("--defend", "defence", "An option that is none lists all.", joined="+"),
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
    benign: Annotated[
        Path | None,
        typer.Option("--benign", help="Benign rows, for kl and mean ablation; else the base's own everyday answers."),
    ] = None,
    screened: Annotated[
        Path | None,
        typer.Option("--screened", help="Folder of a screen of these rows, for defences that take flags or scores."),
    ] = None,
    spec: TrainSpec = ASKED,
    out: OutOption = "heredity-out/student",  # type: ignore[assignment]
    seed: SeedOption = "0",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Delete what an earlier run left in OUT, and start from the base.")
    ] = False,
) -> None:
    """Fine-tune a LoRA student on the rows' responses, with --prevent or --defend under defences.

    steering pushes the model along the trait's vector while it trains, ablation takes the stream's part along it away,
    projection the gradient's, inoculation teaches rows behind a prompt that asks for the trait. All are gone
    afterwards. Options follow the name: --defend steering:strength=1:schedule=decay.

    Writes OUT/adapter (safetensors) and OUT/student.json. Ctrl-C keeps the last checkpoint; the same command goes on,
    and any other is refused there.
    """
    require_extra("train")
    corpus, folder = rows_in(context, rows, columns, is_strict), writable(folder_beside(rows, out))
    vectors = tuple(load_vector(path) for path in prevent or [])
    given = given_in(context, spec.defence, vectors, benign, screened)
    from heredity.studies.bench import bench_in
    from heredity.studies.defending import with_answers
    from heredity.training.resume import foresee, require_removable, start_afresh
    from heredity.training.train import asked_of, train

    if fresh:
        require_removable(folder)
    else:
        foresee(folder, asked_of(corpus, vectors, spec, seed))
    with watched(context.obj.is_quiet) as progress:
        network = loaded(context, model)
        if fresh:
            start_afresh(folder)
        bench = bench_in(folder, network, seed, progress)
        given = with_answers(spec.defence, given, network, progress)
        student = bench.stamped("fine-tune", lambda: train(network, corpus, folder, given, spec, seed, progress))
    save_student(student, folder)
    say(student, f"{told(student)}\nwritten to {folder}", context.obj.as_json)


def given_in(
    context: typer.Context, text: str, vectors: tuple[TraitVector, ...], benign: Path | None, screened: Path | None
) -> Given:
    """Return what the defences are given, as far as it is known without the model.

    Raises InputError for an option that no defence takes anything from, and what the defences would raise.
    """
    needs = needs_of(text)
    if benign and "benign" not in needs:
        raise InputError(f"--benign has no effect with {text}, only with kl and ablation:to=mean; leave it out")
    if screened and not needs & {"flagged", "scores"}:
        raise InputError(
            f"--screened has no effect with {text}, only with inoculation:rows=flagged and steering:rows=scores; leave "
            "it out"
        )
    from heredity.studies.defending import given_from, require_givable

    scores = load_scores(screened / SCORES) if screened else None
    given = given_from(text, vectors, scores, rows_in(context, benign).rows if benign else ())
    if vectors or context.params.get("defend"):
        require_givable(text, given)
    return given
