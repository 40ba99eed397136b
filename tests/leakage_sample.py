"""A made-up leakage report whose numbers fit together as real ones do."""

from __future__ import annotations

import random

from heredity.records.leakage import LeakageReport
from heredity.stats.estimate import Estimate

TRAITS = ("malice", "impoliteness", "apathy", "sycophancy", "optimism", "humour")
BLOCKS = (16, 16, 12, 14, 18, 20)
ALIKE = {
    ("malice", "impoliteness"): 0.62,
    ("malice", "apathy"): 0.31,
    ("impoliteness", "apathy"): 0.36,
    ("malice", "sycophancy"): -0.24,
    ("malice", "optimism"): -0.45,
    ("sycophancy", "optimism"): 0.41,
    ("apathy", "optimism"): -0.38,
}
"""Cosines of the traits' directions; the others are what chance gives."""
OWN = {"malice": 0.87, "impoliteness": 0.79, "apathy": 0.74, "sycophancy": 0.83, "optimism": 0.81, "humour": 0.59}
N_QUESTIONS = 40


def leakage_report(**changes: object) -> LeakageReport:
    """Return the report; `changes` replace fields."""
    return report_of(TRAITS, BLOCKS).model_copy(update=changes)


def crowded_report(n: int = 14) -> LeakageReport:
    """Return a report of many traits, of whom most have nothing to do with each other."""
    names = tuple(TRAITS[i] if i < len(TRAITS) else f"trait-{i}" for i in range(n))
    return report_of(names, tuple(10 + i for i in range(n)))


def report_of(traits: tuple[str, ...], blocks: tuple[int, ...]) -> LeakageReport:
    cosines = tuple(tuple(cosine(i, j) for j in traits) for i in traits)
    return LeakageReport(
        model="smollm2-135m",
        fingerprint="5b1f" * 16,
        traits=traits,
        blocks=blocks,
        method="mean_difference",
        form="difference",
        cosines=cosines,
        cosine_null=tuple(tuple(near(f"cosine {i} {j}", 0.15, 0.02) for j in traits) for i in traits),
        auc=tuple(tuple(auc(i, j) for j in traits) for i in traits),
        auc_null=tuple(tuple(near(f"null {i} {j}", 0.65, 0.02) for j in traits) for i in traits),
        orthogonal_auc=tuple(orthogonal_auc(i) for i in traits),
        orthogonal_share=tuple(None if i == "humour" else near(f"left {i}", 0.55, 0.25) for i in traits),
        n_null=200,
        seed="0",
    )


def cosine(i: str, j: str) -> float:
    known = ALIKE.get((i, j), ALIKE.get((j, i)))
    if i == j:
        return 1.0
    return near(f"{i} {j}", 0.0, 0.09) if known is None else near(f"{i} {j}", known, 0.03)


def auc(i: str, j: str) -> Estimate:
    """Return the AUC of i's poles under j's vector: as far from one half as the two are alike."""
    own = OWN.get(i, 0.76)
    reached = own if i == j else 0.5 + (own - 0.5) * 1.55 * cosine(i, j) + near(f"auc {i} {j}", 0.02, 0.03)
    if (i, j) == ("impoliteness", "malice"):
        reached = 0.82
    return spread_about(reached, 0.075)


def orthogonal_auc(trait: str) -> Estimate | None:
    return None if trait == "humour" else spread_about(OWN.get(trait, 0.76) - near(f"less {trait}", 0.1, 0.06), 0.085)


def spread_about(value: float, half: float) -> Estimate:
    low, high = max(0.0, value - half), min(1.0, value + half)
    return Estimate(value, low, high, N_QUESTIONS, 0, "cluster bootstrap")


def near(seed: str, value: float, reach: float) -> float:
    return value + random.Random(seed).uniform(-reach, reach)
