"""How far judges agree, with each other and with the pole that an answer was asked for."""

from __future__ import annotations

from typing import Literal

from heredity.records.base import Record
from heredity.stats.estimate import Estimate


class JudgeFigures(Record):
    """One judge on one trait's answers."""

    judge: str
    auc: Estimate | None
    """How well its grade tells the elicited poles apart; None where it graded too few answers of one."""
    n_unscored: int
    commonest_reason: str
    """Why answers were not graded, most often; empty where all were."""


class PairFigures(Record):
    """Two judges on the same answers of one trait (Spearman's rho)."""

    first: str
    second: str
    pooled: Estimate | None
    """Over all answers that both graded; None for fewer than eight, or grades that are all equal."""
    within_poles: Estimate | None
    """The same with ranks taken inside each pole: agreement beyond which pole was asked for."""


class TraitAgreement(Record):
    """All judges on one trait."""

    trait: str
    n_answers: int
    judges: tuple[JudgeFigures, ...]
    pairs: tuple[PairFigures, ...]


class AgreementReport(Record):
    """Judges compared over traits."""

    schema_version: Literal[1] = 1
    model: str
    judges: tuple[str, ...]
    traits: tuple[TraitAgreement, ...]
    mean_pooled: dict[str, Estimate]
    """Mean of the traits' pooled rho for each pair of judges, Student's t over traits."""
    mean_within: dict[str, Estimate]
    """The same of the rho within poles."""
    seed: str
