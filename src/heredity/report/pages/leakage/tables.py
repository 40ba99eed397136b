"""What a leakage report says: which vectors tell which traits apart by more than luck, and which are rivalled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heredity.records.leakage import LeakageReport
from heredity.report.kit.matrix import Cell
from heredity.report.kit.tint import NOTHING, level
from heredity.stats.estimate import Estimate


@dataclass(frozen=True, kw_only=True)
class TriedCell(Cell):
    """One vector tried on one trait, or beside another vector."""

    rest: str
    """What stands below the number, where there is room."""


@dataclass(frozen=True)
class Rivalry:
    """One trait's own vector beside the best of the others' on its answers, and beside what is its own alone."""

    trait: str
    own: Estimate
    own_beats_luck: bool
    other: str
    """The trait of the other vector."""
    best: Estimate
    best_beats_luck: bool
    luck: float
    """The larger of the two nulls."""
    orthogonal: Estimate | None
    share: float | None

    @property
    def is_rivalled(self) -> bool:
        """Whether another trait's vector beats luck and does as well as the own one or better."""
        return self.best_beats_luck and self.best.value >= self.own.value

    @property
    def words(self) -> str:
        """Who does best, in a few words."""
        if not (self.own_beats_luck or self.best_beats_luck):
            return "neither beats luck"
        if self.is_rivalled:
            return "the other does as well or better"
        if self.best_beats_luck and self.best.high >= self.own.value:
            return "its own, not clearly"
        return "its own"


def beats_luck(auc: Estimate, null: float) -> bool:
    """Whether an AUC lies outside its null band (`1 - null` to `null`) and its interval clear of one half."""
    return (auc.value > null and auc.low > 0.5) or (auc.value < 1 - null and auc.high < 0.5)


def auc_cells(report: LeakageReport) -> list[list[TriedCell]]:
    """Return the matrix of AUCs: rows are the traits told apart, columns the vectors that do it."""
    size = range(len(report.traits))
    return [[_auc_cell(report, i, j) for j in size] for i in size]


def cosine_cells(report: LeakageReport) -> list[list[TriedCell]]:
    """Return the matrix of cosines; the diagonal is 1 by definition and has no tint."""
    size = range(len(report.traits))
    return [[_cosine_cell(report, i, j) for j in size] for i in size]


def rivalries(report: LeakageReport) -> list[Rivalry]:
    """Return, for every trait, how its own vector stands beside the others'; none for a single trait."""
    size = range(len(report.traits))
    return [_rivalry(report, i) for i in size] if len(size) > 1 else []


def headline(report: LeakageReport) -> str:
    """Return for how many traits another's vector serves as well."""
    rivalled = sum(rivalry.is_rivalled for rivalry in rivalries(report))
    n = len(report.traits)
    if n < 2:
        return "With one trait alone, nothing can leak."
    if not rivalled:
        return f"Each of {n} traits is told apart best by its own vector, or by none."
    return f"For {rivalled} of {n} traits, another's vector tells the poles apart as well as the trait's own or better."


def reach(report: LeakageReport) -> str:
    """Return how many vectors tell a foreign trait's poles apart, and how many pairs of directions are alike."""
    size = range(len(report.traits))
    pairs = [(i, j) for i in size for j in size if i != j]
    told = sum(beats_luck(report.auc[i][j], report.auc_null[i][j]) for i, j in pairs)
    alike = sum(abs(report.cosines[i][j]) > report.cosine_null[i][j] for i, j in pairs)
    return (
        f"Of {len(pairs)} trials of a vector on a foreign trait, {told} tell its poles apart by more than luck; of as "
        f"many cosines, {alike} are larger than luck gives."
    )


def _auc_cell(report: LeakageReport, i: int, j: int) -> TriedCell:
    auc, null = report.auc[i][j], report.auc_null[i][j]
    above = beats_luck(auc, null)
    said = (
        f"{report.traits[i]} told apart by the vector of {report.traits[j]} (block {report.blocks[j]}): AUC "
        f"{auc:.3f}; luck reaches {null:.3f}"
    )
    return TriedCell(
        text=f"{auc.value:.2f}",
        rest=f"{auc.low:.2f} to {auc.high:.2f}",
        said=said,
        is_own=i == j,
        is_clear=above,
        tint=level(2 * auc.value - 1) if above else NOTHING,
    )


def _cosine_cell(report: LeakageReport, i: int, j: int) -> TriedCell:
    cosine, null = report.cosines[i][j], report.cosine_null[i][j]
    above = i != j and abs(cosine) > null
    where = f"{report.traits[i]} and {report.traits[j]} at block {report.blocks[j]}"
    return TriedCell(
        text=f"{cosine:+.2f}" if i != j else "1",
        rest=f"luck {null:.2f}" if i != j else "itself",
        said=f"{where}: {cosine:+.3f}; luck reaches {null:.3f}",
        is_own=False,
        is_clear=above,
        tint=level(cosine) if above else NOTHING,
    )


def _rivalry(report: LeakageReport, i: int) -> Rivalry:
    others: Sequence[int] = [j for j in range(len(report.traits)) if j != i]
    best = max(others, key=lambda j: report.auc[i][j].value)
    return Rivalry(
        trait=report.traits[i],
        own=report.auc[i][i],
        own_beats_luck=beats_luck(report.auc[i][i], report.auc_null[i][i]) and report.auc[i][i].value > 0.5,
        other=report.traits[best],
        best=report.auc[i][best],
        best_beats_luck=beats_luck(report.auc[i][best], report.auc_null[i][best]) and report.auc[i][best].value > 0.5,
        luck=max(report.auc_null[i][i], report.auc_null[i][best]),
        orthogonal=report.orthogonal_auc[i],
        share=report.orthogonal_share[i],
    )
