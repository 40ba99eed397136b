"""The demonstration over several seeds: does preventative steering keep the trait out, and at what cost?

Two more arms run beside it: as many rows dropped at random as the screen dropped, and a push as long along a random
direction.

    python -m replications.prevention.run --seeds 0 1 2

Each seed draws everything anew: elicited answers, the corpus and its bad rows, reference and benign answers, adapter
initialisation, row order, evaluation answers. The model and the questions stay. Writes `results.json` and
`results.md` beside this file; runs lie in `--out` and are taken up again where they stopped. The unit of the last
row is the seed (a corpus and its trained students): Student t over seeds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heredity.models.load import load
from heredity.records.audit import AuditReport
from heredity.report.write import write
from heredity.stats.intervals import mean_t
from heredity.studies.demo.fresh import DEMO_AUDIT, demo
from heredity.traits import define
from replications.kit import parser, provenance, publish, running

HERE = Path(__file__).parent
COLUMNS = {
    "held-out AUC, no system prompt": "auc",
    "the same, new contrast pair": "auc_pairs",
    "AUROC of the bad rows": "auroc",
    "plain - base (0-100)": "rise",
    "kept - base": "kept",
    "defended - base": "defended",
    "share of the rise removed": "removed",
    "kept - random drop": "kept_twin",
    "defended - random push": "defended_twin",
    "random push - base": "pushed",
    "benign log p, defended - plain (nats)": "benign",
    "accuracy, defended - plain": "accuracy",
}


def figures_of(report: AuditReport) -> dict[str, Any]:
    """Return one seed's figures as Estimates."""
    found = report.screen.detection
    return {
        "auc": report.vector.heldout_auc,
        "auroc": found.auroc if found else None,
        "rise": report.difference("expression", "plain", "base"),
        "kept": report.difference("expression", "kept", "base"),
        "defended": report.difference("expression", "defended", "base"),
        "removed": report.share_removed,
        "kept_twin": report.difference("expression", "kept", "dropped"),
        "defended_twin": report.difference("expression", "defended", "pushed"),
        "pushed": report.difference("expression", "pushed", "base"),
        "auc_pairs": report.vector.heldout_auc_pairs,
        "auc_kept": report.vector.heldout_auc_kept,
        "benign": report.difference("benign_log_p", "defended", "plain"),
        "accuracy": report.difference("accuracy", "defended", "plain"),
    }


def luck_of(report: AuditReport) -> dict[str, float | None]:
    """Return what luck reaches: 97.5th percentiles, and the shares of draws that do as well."""
    check, found = report.vector.check_at(report.vector.block), report.screen.detection
    luck: dict[str, float | None] = {
        "vector, random directions": check.random_directions,
        "vector, random directions, p": check.p_random,
        "vector, permuted poles": check.permuted_poles,
        "vector, permuted poles, p": check.p_permuted,
    }
    if found:
        luck |= {"rows, random directions": found.random_directions, "rows, random directions, p": found.p_random}
    return luck


def table(runs: dict[str, dict[str, Any]]) -> str:
    """Return the Markdown table of all seeds, the mean over seeds last."""
    lines = [f"| seed | {' | '.join(COLUMNS)} |", "|" + "---|" * (len(COLUMNS) + 1)]
    for seed, figures in runs.items():
        cells = [_cell(figures[key]) for key in COLUMNS.values()]
        lines.append(f"| {seed} | {' | '.join(cells)} |")
    means = []
    for key in COLUMNS.values():
        values = [figures[key].value for figures in runs.values() if figures[key] is not None]
        means.append(_cell(mean_t(values)) if len(values) > 1 else "-")
    lines.append(f"| mean over {len(runs)} seeds | {' | '.join(means)} |")
    return "\n".join(lines)


def _cell(estimate: Any) -> str:
    if estimate is None:
        return "no rise"
    return f"{estimate.value:.3g} {estimate.interval('.3g')}"


def main() -> None:
    """Run the seeds, one after the other, and write the table."""
    options = parser(__doc__, "heredity-out/prevention")
    options.add_argument("--seeds", nargs="+", default=["0", "1", "2"])
    arguments = options.parse_args()
    model, one = load(), define.trait("evil")
    runs: dict[str, dict[str, Any]] = {}
    nulls: dict[str, dict[str, float | None]] = {}
    for seed in arguments.seeds:
        folder = arguments.out / f"seed-{seed}"
        with running() as progress:
            spec = DEMO_AUDIT.model_copy(update={"seed": seed, "with_controls": True})
            report = demo(one, model, folder, audit_spec=spec, progress=progress)
        write(report, folder)
        runs[seed] = figures_of(report)
        content = {s: {k: v and v.__dict__ for k, v in figures.items()} for s, figures in runs.items()}
        nulls[seed] = luck_of(report)
        settings = {
            "trait": one.id,
            "asked": report.spec.model_dump(mode="json"),
            **report.provenance.environment.versions,
        }
        whole = {"runs": content, "nulls": nulls, "settings": settings, "provenance": provenance(model)}
        publish(whole, f"{table(runs)}\n", HERE)
        print(f"seed {seed}: {report.verdict}")


if __name__ == "__main__":
    main()
