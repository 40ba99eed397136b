"""heredity demo: a few acts, each shown when it is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import ModelOption, OutOption, SeedOption, TraitOption
from heredity.cli.work import loaded, page_folder
from heredity.ground.extras import require_extra
from heredity.records.audit import AuditSpec
from heredity.records.demo import DemoReport
from heredity.report.write import told, write
from heredity.traits import define

if TYPE_CHECKING:
    from heredity.studies.demo.acts import Played

ASKED = AuditSpec()


@asks(Flag("--seeds", "n_seeds", needs="--fresh"))
def demo_command(
    context: typer.Context,
    name: TraitOption = "evil",
    model: ModelOption = "smollm2-135m",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Make everything anew, the audited rows too: a quarter of an hour.")
    ] = False,
    spec: AuditSpec = ASKED,
    out: OutOption = "heredity-out/demo",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Show, in a few minutes, what rows hold, what they teach, what keeps it out, and what crosses without a word.

    At once: a finished audit of rows of which a third was written under a malicious persona; it lies in the package.
    Then, live: a scan of those rows, a defended beside a plain fine-tune on them, and two students of lists of number
    words that an owl-lover and a cat-lover wrote. Every act says what it left out for time.
    For another model or trait nothing lies in the package, and everything is made anew, as with --fresh: the model
    writes the rows, they are audited, and a preference crosses. Writes OUT/index.html.
    """
    require_extra("train")
    trait, folder = define.trait(name), page_folder(out)
    from heredity.studies.demo import acts
    from heredity.studies.demo.fresh import DEMO_AUDIT
    from heredity.studies.demo.shipped import shipped, why_unfit

    why = "everything is made anew" if fresh else why_unfit(trait, model)
    found = None if why else shipped()
    report = DemoReport(model=model, trait=trait.title, to_come=acts.FRESH if why else acts.QUICK, seed=seed)
    with watched(context.obj.is_quiet) as progress:
        if found:
            report = shown(context, acts.finished(found), report, folder)
        elif not fresh:
            progress.note(why)
        network, place = loaded(context, model), acts.Place(folder, seed, progress)
        asked = DEMO_AUDIT.model_copy(update={"seed": seed, "n_seeds": spec.n_seeds})
        for played in acts.quick(found, network, place) if found else acts.fresh(trait, network, place, asked):
            report = shown(context, played, report, folder)
    page = write(report, folder)
    say(report, f"{told(report)}\nreport: {page.resolve()}", context.obj.as_json)


def shown(context: typer.Context, played: Played, report: DemoReport, folder: Path) -> DemoReport:
    """Write an act's page and the demonstration's, say what it showed, and return the report with it."""
    page = write(played.record, folder / played.act.name)
    act = played.act.model_copy(update={"page": page.relative_to(folder).as_posix()})
    report = report.after(act)
    write(report, folder)
    if not context.obj.as_json:
        in_full = f"\n{told(played.record)}" if act.in_full else ""
        say(act, f"{told(act)}{in_full}\n  page: {page.resolve()}", as_json=False)
    return report
