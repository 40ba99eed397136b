"""heredity monitor, heredity shift: which trait shows where, and how far training has moved a model."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import (
    MapOption,
    ModelOption,
    OutOption,
    ReferenceOption,
    SaidArgument,
    SameFamilyOption,
    SeedOption,
    StrictOption,
    VectorsOption,
)
from heredity.cli.work import fitting, loaded, page_folder, rows_in, student_in, vectors_for
from heredity.ground.errors import InputError
from heredity.ground.extras import require_extra
from heredity.records.monitor import MonitorSpec
from heredity.report.write import told, write

BlocksOption = Annotated[
    list[int] | None,
    typer.Option("--block", help="0-based block to read at; may be repeated. None: each vector's own."),
]

ASKED = MonitorSpec()


@asks(
    Flag("--false-alarms", "false_alarm_rate"),
    Flag("--window", "window"),
    Flag("--judge", "with_judge"),
)
def monitor_command(
    context: typer.Context,
    file: SaidArgument,
    columns: MapOption = "",
    is_strict: StrictOption = False,
    vectors: VectorsOption = None,
    model: ModelOption = "smollm2-135m",
    same_family: SameFamilyOption = False,
    blocks: BlocksOption = None,
    reference: ReferenceOption = None,
    spec: MonitorSpec = ASKED,
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Read every token of finished conversations under one or several trait vectors.

    Probes are calibrated to benign speech (--reference, or the model's own answers to everyday questions). An alarm's
    rate is measured on held-out benign conversations, over as many tokens as those have; beyond, its threshold rises so
    that longer conversations sound it no more often. Writes OUT/monitor.html (token heat-maps, turn curves) and
    OUT/monitor.json.
    """
    corpus, folder = rows_in(context, file, columns, is_strict, is_spoken=True), page_folder(out)
    chosen = vectors_for(vectors or [], folder)
    benign = rows_in(context, reference, is_spoken=True) if reference else None
    from heredity.monitor.calibrate import require_enough, seats_of
    from heredity.monitor.converse import renderings
    from heredity.monitor.monitor import monitor
    from heredity.studies.bench import bench_in
    from heredity.studies.monitoring import PanelRequest, panel_for

    seats_of(chosen, blocks or ())
    if benign:
        require_enough(len(benign.rows), spec)
    with watched(context.obj.is_quiet) as progress:
        network = loaded(context, model)
        chosen = [fitting(vector, network, same_family) for vector in chosen]
        renderings(network, corpus.rows)
        request = PanelRequest(spec, benign, tuple(blocks or ()), seed)
        panel = panel_for(chosen, network, folder, request, progress)
        bench = bench_in(folder, network, seed, progress)
        report = bench.stamped("monitor", lambda: monitor(corpus, chosen, network, spec, panel, seed, progress))
    page = write(report, folder)
    say(report, f"{told(report)}\nreport: {page.resolve()}", context.obj.as_json)


def shift_command(
    context: typer.Context,
    students: Annotated[list[Path], typer.Argument(help="student.json files written by `heredity train`.")],
    vectors: VectorsOption = None,
    clean: Annotated[
        list[Path] | None,
        typer.Option("--clean", help="student.json of a fine-tune on benign rows by the same recipe; may be repeated."),
    ] = None,
    clean_seeds: Annotated[
        int,
        typer.Option(
            "--clean-seeds",
            min=0,
            help="Make so many clean fine-tunes of each recipe, on the base's own answers; each takes as long as the "
            "student's own training. Three or more.",
        ),
    ] = 0,
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Say how far fine-tuned models have moved along a vector, before they say a word (the finetuning shift).

    All training moves activations: give clean fine-tunes by the same recipe (--clean), or let them be made
    (--clean-seeds), and each shift is told beside theirs. Snapshots made with `heredity train --snapshots N` are read
    too. Beside each shift stands what random directions of the prompts' covariance would show, an easy null (an offset
    common to all prompts may leave that span), and the shift along the other vectors given. Writes OUT/shift-TRAIT.json
    and its figure (.png, .svg).
    """
    folder = page_folder(out)
    chosen, subjects = vectors_for(vectors or [], folder), [student_in(path) for path in students]
    if not subjects:
        raise InputError("name at least one student.json")
    require_extra("train", "peft")
    from heredity.monitor.clean import require_clean
    from heredity.monitor.shift import names_of, require_one_a_trait, shift
    from heredity.studies.bench import bench_in
    from heredity.studies.clean import clean_students, require_makeable

    untouched = [student_in(path) for path in clean or []]
    require_one_a_trait(chosen)
    names_of([*subjects, *untouched])
    require_clean(subjects, untouched, more_come=bool(clean_seeds))
    if clean_seeds:
        require_makeable(subjects, chosen, clean_seeds)
    reports = []
    with watched(context.obj.is_quiet) as progress:
        network = loaded(context, model)
        if clean_seeds:
            untouched += clean_students(subjects, chosen, network, folder, clean_seeds, seed, progress)
        bench = bench_in(folder, network, seed, progress)
        for vector in chosen:
            others = [other for other in chosen if other is not vector]
            asked = partial(shift, subjects, vector, network, others, untouched, seed, progress)
            reports.append(bench.stamped(f"shift, {vector.header.trait.name}", asked))
            write(reports[-1], folder)
    text = "\n".join(told(report) for report in reports)
    say({one.trait: one.model_dump(mode="json") for one in reports}, text, context.obj.as_json)
