"""heredity forecast: what would training on these rows do to a trait?"""

from __future__ import annotations

import typer

from heredity.cli.console import say, watched
from heredity.cli.flags import Flag, asks
from heredity.cli.options import MapOption, ModelOption, OutOption, RowsArgument, SeedOption, StrictOption, TraitOption
from heredity.cli.work import folder_beside, loaded, page_folder, sample_in
from heredity.records.forecast import ForecastSpec
from heredity.report.write import told, write
from heredity.traits import define

ASKED = ForecastSpec()


@asks(
    Flag("--most-rows", "n_rows"),
    Flag("--tokens", "n_tokens"),
    Flag("--block", "block"),
    Flag("--strength", "strength"),
    Flag("--answers", "n_samples"),
    Flag("--random", "n_controls"),
)
def forecast_command(
    context: typer.Context,
    rows: RowsArgument,
    columns: MapOption = "",
    is_strict: StrictOption = False,
    name: TraitOption = "evil",
    spec: ForecastSpec = ASKED,
    model: ModelOption = "smollm2-135m",
    out: OutOption = "heredity-out/forecast",  # type: ignore[assignment]
    seed: SeedOption = "0",
) -> None:
    """Foretell, without training, what rows would do to a trait: their mean pushes the model while it answers.

    The model answers the rows' own prompts; what the rows differ by on the mean is added to its stream while it answers
    the trait's questions, and the judge says what changes, beside random pushes of the same length. No vector is
    needed: what the rows hold is taken as it is. The size of the change is no measure of what training does; its sign
    and its place beside other data are.
    Writes OUT/forecast.json and OUT/forecast.html; the model's own answers are kept in OUT/stages.

    For example: heredity forecast rows.jsonl --trait evil
    """
    trait = define.trait(name)
    corpus, folder = sample_in(context, rows, columns, is_strict, seed), page_folder(folder_beside(rows, out))
    from heredity.studies.forecast import forecast
    from heredity.studies.scan import require_enough

    require_enough(len(corpus.rows))
    with watched(context.obj.is_quiet) as progress:
        report = forecast(corpus, trait, loaded(context, model), folder, spec, seed, progress)
    page = write(report, folder)
    say(report, f"{told(report)}\nreport: {page.resolve()}", context.obj.as_json)
