"""heredity feedback: what does training on preferences do to a trait?"""

from __future__ import annotations

from typing import Annotated

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import (
    MapOption,
    ModelOption,
    OutOption,
    RowsArgument,
    SeedOption,
    StrictOption,
    TraitOption,
    VectorOption,
)
from heredity.cli.work import columns_in, folder_beside, loaded, page_folder, remark, vector_in
from heredity.ground.extras import require_extra
from heredity.records.feedback import FeedbackSpec
from heredity.report.kit.text import remarks
from heredity.report.write import told, write
from heredity.store.pairs import read_pairs
from heredity.traits import define

ASKED = FeedbackSpec()


@asks(
    Flag("--seeds", "n_seeds"),
    Flag("--points", "n_points"),
    Flag("--epochs", "train.n_epochs"),
    Flag("--rate", "train.learning_rate"),
    Flag("--beta", "beta"),
    Flag("--strength", "train.prevent_strength"),
    Flag("--answers", "evaluation.n_samples"),
    Flag("--defend", "others", "A name that is none lists all."),
    Flag("--controls", "with_controls"),
    Flag("--share", "share", needs="--select"),
)
def feedback_command(
    context: typer.Context,
    rows: RowsArgument,
    columns: MapOption = "",
    is_strict: StrictOption = False,
    name: TraitOption = "sycophancy",
    select: Annotated[
        str | None,
        typer.Option(
            "--select",
            help="A trait whose prompt selects pairs: the --share of them that it would choose most is learned, beside "
            "as many at random.",
        ),
    ] = None,
    vector_file: VectorOption = None,
    spec: FeedbackSpec = ASKED,
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out/feedback",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Does training on preferences give the model a trait, and what keeps it out?

    Rows are preference pairs (chosen and rejected, with or without a prompt): what raters like, a model learns, and
    raters like agreement. Students learn them by DPO: the pairs as they are; as a control, the same pairs with a random
    half turned round, in which nothing is preferred; the pairs under preventative steering, which acts on the student's
    own training forwards and not on DPO's reference. All are measured beside the base, step by step, by the trait and
    by what they can still do; only an interval clear of zero is claimed.
    With --select, pairs that say nothing of a trait are sifted by its prompt first (logit-linear selection): what is
    learned of them may be the trait.
    Writes OUT/feedback.json and OUT/feedback.html. Finished steps are kept in OUT/stages: the same command goes on.

    For example: heredity feedback pairs.jsonl --trait sycophancy
    """
    require_extra("train")
    trait, chosen_by = define.trait(name), define.trait(select) if select else None
    pairs = read_pairs(rows, columns_in(columns), is_strict)
    folder = page_folder(folder_beside(rows, out))
    vector = vector_in(vector_file, trait)
    remark(context, remarks(pairs.name, {}, pairs.excluded, len(pairs.pairs)))
    from heredity.studies.feedback.feedback import Known, feedback, require_defences
    from heredity.studies.feedback.plans import require_enough

    spec = spec.model_copy(update={"seed": seed})
    require_defences(spec)
    require_enough(round(spec.share * len(pairs.pairs)) if chosen_by else len(pairs.pairs))
    with watched(context.obj.is_quiet) as progress:
        report = feedback(pairs, trait, loaded(context, model), folder, spec, Known(vector, chosen_by), progress)
    page = write(report, folder)
    say(report, f"{told(report)}\nreport: {page.resolve()}", context.obj.as_json)
