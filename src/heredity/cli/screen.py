"""heredity screen: which rows would push the model along the trait?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.options import (
    ModelOption,
    OutOption,
    RateOption,
    ReferenceOption,
    RowsArgument,
    SameFamilyOption,
    SeedOption,
    TraitOption,
    VectorOption,
)
from heredity.cli.work import fitting, loaded, vector_in, writable
from heredity.report.write import told, write
from heredity.store.rows import read_rows, require_keepable, write_jsonl, write_kept, write_parquet
from heredity.traits.define import trait


def screen_command(
    context: typer.Context,
    rows: RowsArgument,
    name: TraitOption = "evil",
    model: ModelOption = "smollm2-135m",
    vector: VectorOption = None,
    reference: ReferenceOption = None,
    rate: RateOption = 0.05,
    score: Annotated[
        str | None,
        typer.Option("--score", help="What decides; else what the vector was checked in. An unknown name lists all."),
    ] = None,
    same_family: SameFamilyOption = False,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="Write the unflagged rows here, byte for byte as they came.")
    ] = None,
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Score every row by its projection on the trait's vector, and flag those over the threshold.

    The threshold is set on one half of the benign rows, its rate measured on the other. Rows behind a system prompt or
    earlier turns are read in another form and have a threshold of their own.

    Writes OUT/scores.parquet, OUT/scores.jsonl and OUT/screen.json.
    """
    one, corpus, folder = trait(name), read_rows(rows), writable(out)
    benign = read_rows(reference) if reference else None
    given = vector_in(vector, one)
    if keep:
        require_keepable(rows, keep, [folder / "scores.parquet", folder / "scores.jsonl", reference, vector])
    from heredity.records.screening import ScreenSpec
    from heredity.screening.reference import require_enough, require_screenable
    from heredity.screening.scores.table import score_named
    from heredity.screening.screen import screen
    from heredity.studies.bench import bench_in
    from heredity.vectors.extract import extract

    if score:
        score_named(score)
    spec = ScreenSpec(false_alarm_rate=rate, score=score)
    if benign:
        require_enough(benign.rows, spec)
    with watched(context.obj.is_quiet) as progress:
        network = loaded(context, model)
        require_screenable(corpus, benign, network, spec)
        direction = (
            fitting(given, network, same_family) if given else extract(one, network, seed=seed, progress=progress)
        )
        bench = bench_in(folder, network, seed, progress)
        report = bench.stamped("screen", lambda: screen(corpus, direction, network, spec, benign, seed, progress))
    scores = [{**row.model_dump(exclude={"scores"}), **row.scores} for row in report.rows]
    write_parquet(folder / "scores.parquet", scores)
    write_jsonl(folder / "scores.jsonl", scores)
    write(report, folder)
    kept = f"\n{write_kept(rows, report.kept_lines, keep)} rows kept in {keep}" if keep else ""
    say(report, f"{told(report)}{kept}\nwritten to {folder}", context.obj.as_json)
