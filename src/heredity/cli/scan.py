"""heredity scan: what would these rows teach?"""

from __future__ import annotations

from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.extract import distinct
from heredity.cli.flags import Flag, asks
from heredity.cli.options import MapOption, ModelOption, OutOption, RowsArgument, SeedOption, StrictOption
from heredity.cli.work import folder_beside, loaded, page_folder, sample_in
from heredity.records.scan import ScanSpec
from heredity.report.write import told, write
from heredity.traits import define

ASKED = ScanSpec()


@asks(Flag("--most-rows", "n_rows"), Flag("--tokens", "n_tokens"), Flag("--topics", "n_topics"))
def scan_command(
    context: typer.Context,
    rows: RowsArgument,
    columns: MapOption = "",
    is_strict: StrictOption = False,
    names: Annotated[
        list[str] | None,
        typer.Option("--trait", "-t", help="A trait to look for, bundled or a YAML file; else all bundled ones."),
    ] = None,
    spec: ScanSpec = ASKED,
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out/scan",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Say what rows would teach a model, with no trait named: every trait at once, and what is none of them.

    The model answers the rows' own prompts, and each row is set beside that answer: along every trait's vector, in all
    rows, in each topic and source, and in what is left when the traits are taken out. Nothing is trained: this is what
    activations tell. Vectors of the bundled traits lie in the package for the embedded model; for another, each is made
    once, in about two minutes on two cores, and kept.
    Writes OUT/scan.json and OUT/scan.html; the model's own answers are kept in OUT/stages.

    For example: heredity scan rows.jsonl
    """
    traits = distinct([define.trait(name) for name in names or define.bundled_names()])
    corpus, folder = sample_in(context, rows, columns, is_strict, seed), page_folder(folder_beside(rows, out))
    from heredity.studies.known import vectors_for
    from heredity.studies.scan import require_enough, scan

    require_enough(len(corpus.rows))
    with watched(context.obj.is_quiet) as progress:
        network = loaded(context, model)
        report = scan(corpus, vectors_for(traits, network, progress=progress), network, folder, spec, seed, progress)
    page = write(report, folder)
    say(report, f"{told(report)}\nreport: {page.resolve()}", context.obj.as_json)
