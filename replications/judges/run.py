"""Do the contrast judge and the language-model judge see the same, on the bundled traits?

    python -m replications.judges.run

The embedded model answers each trait's extraction questions under two contrast pairs; the contrast judge compares two
other pairs, and the same model rates the answers by the trait's rubric (expected value over 0-100). Rank correlations,
pooled and within poles, with intervals over questions; the unit of the last row is the trait. Give --via and
--judge-model to compare a remote judge too. Writes `results.json` and `results.md` beside this file.
"""

from __future__ import annotations

from pathlib import Path

from heredity.cli.work import endpoint_for
from heredity.models.load import load
from heredity.records.agreement import AgreementReport, PairFigures, TraitAgreement
from heredity.stats.estimate import Estimate
from heredity.studies.agreement import Judge, agreement, contrast_judge, rubric_judge
from heredity.traits import define
from replications.kit import parser, publish, running

HERE = Path(__file__).parent


def table(report: AgreementReport) -> str:
    """Return the Markdown table: a line a trait, the mean over traits last."""
    pairs = [f"{one.first} / {one.second}" for one in report.traits[0].pairs]
    titles = [
        "trait",
        "answers",
        *(f"AUC of {name}" for name in report.judges),
        *(f"unscored, {n}" for n in report.judges),
    ]
    titles += [f"rho {pair}, {kind}" for pair in pairs for kind in ("pooled", "within poles")]
    lines = [f"| {' | '.join(titles)} |", "|" + "---|" * len(titles)]
    lines += [f"| {' | '.join(row_of(one))} |" for one in report.traits]
    means = [_cell(kind.get(pair)) for pair in pairs for kind in (report.mean_pooled, report.mean_within)]
    blank = [""] * (1 + 2 * len(report.judges))
    return "\n".join([*lines, f"| {' | '.join(['mean over traits', *blank, *means])} |"])


def row_of(one: TraitAgreement) -> list[str]:
    """Return one trait's cells."""
    return [
        one.trait,
        str(one.n_answers),
        *(_cell(figures.auc) for figures in one.judges),
        *(str(figures.n_unscored) for figures in one.judges),
        *(cell for pair in one.pairs for cell in cells_of(pair)),
    ]


def cells_of(pair: PairFigures) -> tuple[str, str]:
    """Return the two correlations of a pair of judges."""
    return _cell(pair.pooled), _cell(pair.within_poles)


def _cell(estimate: Estimate | None) -> str:
    return f"{estimate.value:.2f} {estimate.interval('.2f')}" if estimate else "-"


def main() -> None:
    """Compare the judges on every bundled trait and write the table."""
    options = parser(__doc__, "heredity-out/judges")
    options.add_argument("--traits", nargs="+", default=define.bundled_names())
    options.add_argument("--via", default=None, help="address of a server that judges too")
    options.add_argument("--judge-model", default=None, help="the judging model's name there")
    arguments = options.parse_args()
    with running() as progress:
        model = load()
        judges: dict[str, Judge] = {
            "contrast": contrast_judge(model, progress),
            "rubric": rubric_judge(model, progress),
        }
        if arguments.via:
            remote = endpoint_for(arguments.via, arguments.judge_model, "--judge-model")
            judges[arguments.judge_model] = rubric_judge(remote, progress)
        report = agreement([define.trait(name) for name in arguments.traits], model, judges, progress=progress)
    publish(report, f"{table(report)}\n", HERE)


if __name__ == "__main__":
    main()
