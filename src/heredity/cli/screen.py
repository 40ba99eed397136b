"""heredity screen: which rows would push the model along the trait?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import (
    MapOption,
    ModelOption,
    OutOption,
    ReferenceOption,
    RowsArgument,
    SameFamilyOption,
    SeedOption,
    StrictOption,
    TraitOption,
    VectorOption,
)
from heredity.cli.work import columns_in, fitting, folder_beside, loaded, remark, rows_in, vector_in, writable
from heredity.records.row_scores import RowScores
from heredity.records.screening import ScreenSpec
from heredity.report.kit.text import remarks
from heredity.report.write import told, write
from heredity.store.kept_rows import write_jsonl
from heredity.store.row_file import Asked, RowFile
from heredity.store.scores import SCORES, save_scores
from heredity.store.survey import gone_through
from heredity.store.targets import Targets, require_some
from heredity.traits import define

ASKED = ScreenSpec()
LINES = "scores.jsonl"
KeepOption = Annotated[
    Path | None, typer.Option("--keep", help="Write the rows that stay, byte for byte as they came.")
]
DropOption = Annotated[Path | None, typer.Option("--drop", help="Write the rows that go, byte for byte as they came.")]
ReplaceOption = Annotated[
    Path | None,
    typer.Option(
        "--replace",
        help="Write the rows that stay, and with them the flagged ones, the model's own answers to the same prompts in "
        "the place of theirs. One without such an answer, or whose answer lies over the threshold too, is left out.",
    ),
]
SwapOption = Annotated[
    Path | None,
    typer.Option(
        "--swap",
        help="Of pairs: write those that stay, and with them the flagged ones, their sides exchanged; ratings "
        "beside them stay as they are. One whose rejected side lies over the threshold too is left out.",
    ),
]


@asks(
    Flag("--false-alarms", "false_alarm_rate"),
    Flag("--score", "score", "A name that is none lists all."),
    Flag("--budget", "act.budget"),
    Flag("--drop-source", "act.sources"),
    Flag("--drop-sources-over", "act.source_share"),
    Flag("--answer-tokens", "act.n_answer_tokens", needs="--replace"),
    Flag("--engine", "engine.name"),
    Flag("--workers", "engine.n_workers", only=("--engine", ("ray",))),
    Flag("--gpus-per-worker", "engine.gpus_per_worker", only=("--engine", ("ray",))),
    Flag("--address", "engine.address", only=("--engine", ("ray",))),
)
def screen_command(
    context: typer.Context,
    rows: RowsArgument,
    columns: MapOption = "",
    is_strict: StrictOption = False,
    name: TraitOption = "evil",
    model: ModelOption = "smollm2-135m",
    vector: VectorOption = None,
    reference: ReferenceOption = None,
    spec: ScreenSpec = ASKED,
    same_family: SameFamilyOption = False,
    keep: KeepOption = None,
    drop: DropOption = None,
    replace: ReplaceOption = None,
    swap: SwapOption = None,
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Score every row by its projection on the trait's vector, and flag those over the threshold.

    The threshold is set on one half of the benign rows, its rate measured on the other. Rows behind a system prompt or
    earlier turns are read in another form and have a threshold of their own.

    Without --vector, the one in the package or of an earlier command serves, if need be made and kept.

    Writes OUT/screen.json (counts, quantiles, the highest rows), OUT/scores.parquet (every row's scores) and
    OUT/scores.jsonl (the same, with what the rows say).
    """
    trait, source = define.trait(name), RowFile(rows, Asked(columns_in(columns), is_strict))
    survey = gone_through(source, seed, spec.act.sources)
    remark(context, remarks(source.name, survey.shapes, survey.excluded, survey.n_rows))
    folder = writable(folder_beside(rows, out))
    benign = rows_in(context, reference) if reference else None
    given = vector_in(vector, trait)
    targets = Targets(source, keep, drop, replace, swap)
    targets.require([folder, folder / SCORES, folder / LINES, reference, vector], survey.shapes)
    from heredity.studies.acting import screened_into
    from heredity.studies.bench import bench_in
    from heredity.studies.known import vector_for
    from heredity.studies.screening import measure_for, require_possible

    require_possible(survey, spec, benign)
    with watched(context.obj.is_quiet) as progress:
        network = loaded(context, model)
        direction = fitting(given, network, same_family) if given else vector_for(trait, network, None, seed, progress)
        bench = bench_in(folder, network, seed, progress)
        measure = measure_for(survey, direction, bench, spec, benign)
        screened = screened_into(targets, survey, measure, bench)
    report = screened.report.model_copy(update={"scores": SCORES, "provenance": bench.provenance()})
    save_scores(screened.scores, folder / SCORES)
    write_jsonl(folder / LINES, score_lines(screened.scores, source))
    write(report, folder)
    say(report, f"{told(report)}\nwritten to {folder}", context.obj.as_json)
    require_some(report.written)


def score_lines(scores: RowScores, source: RowFile) -> Iterator[dict[str, Any]]:
    """Yield every row's scores beside what it says, in the scores' order, which is the file's."""
    rows = source.rows()
    for place, line in enumerate(scores.lines.tolist()):
        row = next(row for row in rows if row.line == line).apart
        scored = scores.row(place, row.prompt, row.response)
        yield {**scored.model_dump(exclude={"scores"}), **scored.scores}
