"""heredity gate: may these rows be trained on?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.extract import distinct
from heredity.cli.flags import Flag, asks
from heredity.cli.options import MapOption, ModelOption, OutOption, RowsArgument, SeedOption, StrictOption
from heredity.cli.work import folder_beside, loaded, page_folder, sample_in
from heredity.records.gate import EXIT_CODES
from heredity.records.scan import ScanSpec
from heredity.report.write import told, write
from heredity.traits import define

ASKED = ScanSpec()


@asks(Flag("--most-rows", "n_rows"), Flag("--tokens", "n_tokens"))
def gate_command(
    context: typer.Context,
    rows: RowsArgument,
    policy_file: Annotated[Path, typer.Option("--policy", "-p", help="Limits, as YAML.", show_default=False)],
    columns: MapOption = "",
    is_strict: StrictOption = False,
    spec: ScanSpec = ASKED,
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out/gate",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Hold rows to limits that were set before, for a check that runs by itself: pass, fail or undecided.

    A policy names traits and the most of the distance between their poles that the rows may lie towards each, or the
    most of the rows that a screen may flag for it:

    traits: {evil: {shift: 0.1}, sycophancy: {shift: 0.2, flagged: 0.15}}

    The whole 95% interval must be within a limit to pass, and over it to fail; else it is undecided, and where more
    rows would decide, it says how many. All bundled traits are looked for beside the policy's (their vectors are made
    once for a model that none is known of): nothing fails where the rows differ in something that is none of them.
    The exit code is 0 for pass, 10 for fail, 11 for undecided. Writes OUT/gate.json, a summary in Markdown
    (OUT/gate.md), and the scan that it rests on (OUT/scan.html).

    For example: heredity gate rows.jsonl --policy policy.yaml
    """
    from heredity.studies.gate import gated, policy_in

    policy = policy_in(policy_file)
    traits = {name: define.trait(name) for name in policy.traits}
    named = {trait.name for trait in traits.values()}
    others = [define.trait(name) for name in define.bundled_names() if name not in named]
    chosen = distinct([*traits.values(), *others])
    corpus, folder = sample_in(context, rows, columns, is_strict, seed), page_folder(folder_beside(rows, out))
    from heredity.studies.bench import bench_in
    from heredity.studies.flagged import screens_for
    from heredity.studies.known import vectors_for
    from heredity.studies.scan import require_enough, scan

    require_enough(len(corpus.rows))
    with watched(context.obj.is_quiet) as progress:
        network = loaded(context, model)
        known = vectors_for(chosen, network, progress=progress)
        scanned = scan(corpus, known, network, folder, spec, seed, progress)
        counted = {trait.id for name, trait in traits.items() if policy.traits[name].flagged}
        limited = [vector for vector in known.vectors if vector.header.trait.id in counted]
        bench = bench_in(folder, network, seed, progress)
        screens = screens_for(corpus, spec.n_rows, limited, policy.false_alarms, bench)
    report = gated(scanned, policy, {name: trait.name for name, trait in traits.items()}, screens)
    page = write(scanned, folder)
    summary = write(report, folder)
    said = f"{told(report)}\nsummary: {summary.resolve()}\nreport: {page.resolve()}"
    say(report, said, context.obj.as_json)
    if EXIT_CODES[report.outcome]:
        raise typer.Exit(EXIT_CODES[report.outcome])
