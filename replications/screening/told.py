"""What the scores of all sets are worth, from the record alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from heredity.stats.arrays import Floats
from heredity.stats.compare import paired_difference
from heredity.stats.correlation import correlation, r_of, within_conditions
from heredity.stats.discrimination import auc_estimate
from heredity.stats.estimate import Estimate
from heredity.stats.nulls import p_value, upper_bound

SCORES = ("projection", "difference", "beside own answers", "scan", "likelihood", "forecast")
BASELINES = ("length", "loss")
PROJECTED = "beside own answers"
"""What random directions are tried on."""
ABOUT = {
    "projection": "mean activation of the rows along the vector",
    "difference": "the same less the last prompt token",
    "beside own answers": "the same less the model's own answers",
    "scan": "what `heredity scan` tells: three blocks, in deviations of everyday answers",
    "likelihood": "how much likelier the rows are under the trait's prompts than under its opposite's",
    "forecast": "what the model answers while the rows' mean pushes it (`heredity forecast`)",
    "length": "tokens of a row",
    "loss": "mean -log p of a token",
}


def table(results: dict[str, Any]) -> str:
    """Return the Markdown tables: what training did, what foretold it, and which rows were found."""
    traits = list(results["base"]["scores"])
    changes = {name: changes_of(results, name) for name in traits}
    return "\n".join(
        [
            *trained(results, traits, changes),
            "",
            *foretold(results, traits, changes),
            "",
            *found(results),
            "",
        ]
    )


def changes_of(results: dict[str, Any], trait: str) -> list[Estimate]:
    """Return how far each set's student shows a trait beyond the base, in points."""
    base = results["base"]["scores"][trait]
    return [paired_difference(one["outcome"]["scores"][trait], base, 0) for one in results["sets"]]


def trained(results: dict[str, Any], traits: list[str], changes: dict[str, list[Estimate]]) -> list[str]:
    """Return what each student shows."""
    n = len(results["base"]["scores"][traits[0]])
    lines = [
        f"What training did: students less the base, points of 100, paired over {n} questions.",
        "",
        f"| set | {' | '.join(traits)} |",
        "|" + "---|" * (len(traits) + 1),
    ]
    for place, one in enumerate(results["sets"]):
        cells = [f"{changes[name][place].value:+.1f} {changes[name][place].interval('+.1f')}" for name in traits]
        lines.append(f"| {one['name']} | {' | '.join(cells)} |")
    return lines


def foretold(results: dict[str, Any], traits: list[str], changes: dict[str, list[Estimate]]) -> list[str]:
    """Return how well each score goes with that, over sets, beside luck and the baselines."""
    n = len(results["sets"])
    outcome = {name: np.array([one.value for one in changes[name]]) for name in traits}
    luck = {name: random_r(results, name, outcome[name]) for name in traits}
    pooled = np.abs(pooled_random(results, traits, outcome))
    lines = [
        f"How each score goes with it: Pearson's r over {n} sets. Doses of one trait hang together, so the jackknife "
        f"leaves out whole families of sets: {len(set(families(results)))}. All: within traits, each standardised. p: "
        "share of random directions of matched covariance with as large an |r| beside own answers, all traits "
        "together; of what is no such projection there is none. One student a set.",
        "",
        f"| score | {' | '.join(traits)} | all | p | tokens a row |",
        "|" + "---|" * (len(traits) + 4),
    ]
    for name in (*SCORES, *BASELINES):
        values = {trait: column(results, trait, name) for trait in traits}
        each = [shown(correlation(values[trait], outcome[trait], families(results))) for trait in traits]
        whole = together(values, outcome, families(results))
        p = "-" if whole is None or name != PROJECTED else f"{p_value(abs(whole.value), pooled):.3f}"
        cost = np.mean([one["scores"]["n_tokens"].get(name, 0.0) for one in results["sets"]])
        lines.append(f"| {name} | {' | '.join(each)} | {shown(whole)} | {p} | {cost:,.0f} |")
    beside = [f"{upper_bound(np.abs(luck[name])):.2f}" for name in traits]
    lines.append(f"| random directions, 97.5% of \\|r\\| | {' | '.join(beside)} | {upper_bound(pooled):.2f} | - | - |")
    lines.append(
        f"| other traits' vectors, largest \\|r\\| | {' | '.join(others(results, traits, outcome))} | - | - | - |"
    )
    lines += ["", *(f"- {name}: {about}." for name, about in ABOUT.items())]
    return lines


def column(results: dict[str, Any], trait: str, score: str) -> Floats:
    """Return one score of every set, `[sets]`."""
    return np.array([one["scores"]["by_trait"][trait][score] for one in results["sets"]])


def families(results: dict[str, Any]) -> list[str]:
    """Return what each set is one of: the doses of a trait, or a set of its own."""
    return [one["trait"] or one["name"] for one in results["sets"]]


def together(values: dict[str, Floats], outcome: dict[str, Floats], family: list[str]) -> Estimate | None:
    """Return r over all traits' sets, both sides standardised within each trait; clusters are families of sets."""
    x, y = (np.concatenate([standardised(side[name]) for name in outcome]) for side in (values, outcome))
    n = len(x) // len(outcome)
    return within_conditions(x, y, np.repeat(np.arange(len(outcome)), n), family * len(outcome))


def standardised(values: Floats) -> Floats:
    """Return values less their mean, in their deviations."""
    spread = values.std()
    return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0))


def random_r(results: dict[str, Any], trait: str, outcome: Floats) -> Floats:
    """Return r of every random direction, `[directions]`."""
    drawn = np.array([one["scores"]["random"][trait] for one in results["sets"]])
    return np.array([r_of(values, outcome, by_rank=False) for values in drawn.T])


def pooled_random(results: dict[str, Any], traits: list[str], outcome: dict[str, Floats]) -> Floats:
    """Return the same over all traits together: direction i of each, every one turned its better way."""
    return np.mean([np.abs(random_r(results, name, outcome[name])) for name in traits], axis=0)


def others(results: dict[str, Any], traits: list[str], outcome: dict[str, Floats]) -> list[str]:
    """Return the other trait's vector that goes best with each trait, and its |r|."""
    cells = []
    for trait in traits:
        vectors = results["sets"][0]["scores"]["other_vectors"][trait]
        found = {
            other: r_of(
                np.array([one["scores"]["other_vectors"][trait][other] for one in results["sets"]]),
                outcome[trait],
                by_rank=False,
            )
            for other in vectors
        }
        best = max(found, key=lambda name: abs(found[name]))
        cells.append(f"{found[best]:+.2f} ({best})")
    return cells


def found(results: dict[str, Any]) -> list[str]:
    """Return how well each row-level score finds the planted rows."""
    mixed = [one for one in results["sets"] if one["trait"] and len(one["bad"]) < len(one["scores"]["lines"])]
    names = list(mixed[0]["scores"]["rows"]) if mixed else []
    lines = [
        "Which rows: AUROC of the planted rows among the model's own answers, within a set. The first likelihood is by "
        "a pair of prompts under which a third of the planted rows was written, the second by pairs that wrote none. "
        "All of them are the model's own: likelihoods under its own personas know its hand.",
        "",
        f"| set | {' | '.join(names)} |",
        "|" + "---|" * (len(names) + 1),
    ]
    for one in mixed:
        scores = one["scores"]
        is_bad = np.isin(scores["lines"], one["bad"])
        cells = []
        for name in names:
            auroc = auc_estimate(np.array(scores["rows"][name]), is_bad, np.arange(len(is_bad)))
            cells.append(f"{auroc.value:.2f} {auroc.interval('.2f')}")
        lines.append(f"| {one['name']} | {' | '.join(cells)} |")
    return lines


def shown(estimate: Estimate | None) -> str:
    """Return a correlation for a cell."""
    return "-" if estimate is None else f"{estimate.value:+.2f} {estimate.interval('+.2f')}"
