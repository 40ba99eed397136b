"""heredity audit: the whole walk and its report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import (
    JudgeModelOption,
    JudgeOption,
    MapOption,
    ModelOption,
    OutOption,
    ReferenceOption,
    RowsArgument,
    SeedOption,
    StrictOption,
    TraitOption,
)
from heredity.cli.work import folder_beside, judge_for, loaded, page_folder, rows_in
from heredity.ground.extras import require_extra
from heredity.records.audit import AuditReport, AuditSpec
from heredity.report.write import told, write
from heredity.store.labels import read_labels
from heredity.traits import define

ASKED = AuditSpec()


@asks(
    Flag("--false-alarms", "screen.false_alarm_rate"),
    Flag("--strength", "train.prevent_strength"),
    Flag("--epochs", "train.n_epochs"),
    Flag("--seeds", "n_seeds"),
    Flag("--defend", "others"),
    Flag("--controls", "with_controls"),
)
def audit_command(
    context: typer.Context,
    rows: RowsArgument,
    columns: MapOption = "",
    is_strict: StrictOption = False,
    name: TraitOption = "evil",
    model: ModelOption = "smollm2-135m",
    reference: ReferenceOption = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help='Known bad rows ({"line": 3, "bad": true}), to grade the screen by.')
    ] = None,
    spec: AuditSpec = ASKED,
    judge: JudgeOption = None,
    judge_model: JudgeModelOption = None,
    out: OutOption = "heredity-out",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Will these rows give the model the trait, which of them, and can it be fine-tuned on them safely?

    Extracts the trait's vector, screens the rows, fine-tunes three students (all rows; kept rows; all rows under
    preventative steering), measures them against the base model, and writes OUT/report.html and OUT/audit.json.
    --defend trains another student under another defence: all of them side by side, on the same rows.
    Finished steps are kept in OUT/stages: the same command again runs only what changed.
    """
    require_extra("train")
    trait, corpus, folder = (
        define.trait(name),
        rows_in(context, rows, columns, is_strict),
        page_folder(folder_beside(rows, out)),
    )
    benign = rows_in(context, reference) if reference else None
    bad_lines = read_labels(labels) if labels else None
    if bad_lines is not None:
        corpus.labelled(bad_lines)
    from heredity.screening.reference import require_enough
    from heredity.studies.audit import audit
    from heredity.studies.stages import Known

    spec = spec.model_copy(update={"seed": seed})
    if benign:
        require_enough(benign.rows, spec.screen)
    with watched(context.obj.is_quiet) as progress:
        known = Known(benign, bad_lines, judge_for(context, judge, judge_model))
        network = loaded(context, model)
        report = audit(corpus, trait, network, folder, spec, known, progress)
    show(report, folder, context.obj.as_json)


def show(report: AuditReport, folder: Path, as_json: bool) -> None:
    """Write the page and say what was found."""
    page = write(report, folder)
    say(report, f"{told(report)}\n\nreport: {page.resolve()}", as_json)
