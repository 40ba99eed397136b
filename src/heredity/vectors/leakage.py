"""The verb for several traits at once: does one trait's vector also find another?

Every trait's answers were read once at all blocks; here they are projected on every trait's direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heredity.ground.errors import InputError
from heredity.ground.hashing import seed_from
from heredity.records.leakage import LeakageReport
from heredity.records.vector import ExtractSpec, TraitVector
from heredity.stats.arrays import Floats, cosine, without
from heredity.stats.discrimination import auc, auc_estimate
from heredity.stats.estimate import Estimate
from heredity.stats.nulls import matched_directions, upper_bound
from heredity.vectors.check import Poles, folds_of
from heredity.vectors.methods import METHODS, Method


@dataclass(frozen=True)
class Found:
    """One trait's vector and the answers that it was made from."""

    vector: TraitVector
    poles: Poles


def leakage(found: Sequence[Found], spec: ExtractSpec, seed: str, is_orthogonal: bool = False) -> LeakageReport:
    """Return cosines and cross AUCs of all pairs beside their nulls; with `is_orthogonal`, what is each trait's own.

    Raises InputError for fewer than two traits.
    """
    if len(found) < 2:
        raise InputError("leakage is between traits; name at least two")
    cells = [[_cell(row, column, spec, seed) for column in found] for row in found]
    own = [orthogonal(i, found, spec) if is_orthogonal else (None, None) for i in range(len(found))]
    header = found[0].vector.header
    return LeakageReport(
        model=header.model_name,
        fingerprint=header.fingerprint,
        traits=tuple(one.vector.header.trait.name for one in found),
        blocks=tuple(one.vector.block for one in found),
        method=spec.method,
        form=spec.form,
        cosines=tuple(tuple(cell.cosine for cell in row) for row in cells),
        cosine_null=tuple(tuple(cell.cosine_null for cell in row) for row in cells),
        auc=tuple(tuple(cell.auc for cell in row) for row in cells),
        auc_null=tuple(tuple(cell.auc_null for cell in row) for row in cells),
        orthogonal_auc=tuple(estimate for estimate, _ in own),
        orthogonal_share=tuple(share for _, share in own),
        n_null=spec.n_null,
        seed=seed,
    )


@dataclass(frozen=True)
class _Cell:
    cosine: float
    cosine_null: float
    auc: Estimate
    auc_null: float


def _cell(row: Found, column: Found, spec: ExtractSpec, seed: str) -> _Cell:
    """Return how the column's vector does on the row's answers, at the column's block."""
    block, unit = column.vector.block, column.vector.unit
    names = (row.vector.header.trait.name, column.vector.header.trait.name)
    answers, positive = row.poles.bare[:, block], row.poles.is_positive
    random = matched_directions(answers, spec.n_null, seed_from(seed, "leakage", *names), positive)
    luck = auc(answers[positive] @ random.T, answers[~positive] @ random.T)
    own = row.vector.header.heldout_auc
    across = auc_estimate(answers @ unit, positive, row.poles.question)
    return _Cell(
        cosine=cosine(row.vector.directions[block], unit),
        cosine_null=upper_bound(np.abs([cosine(direction, unit) for direction in random])),
        auc=own if row is column else across,
        auc_null=upper_bound(np.maximum(luck, 1 - luck)),
    )


def orthogonal(place: int, found: Sequence[Found], spec: ExtractSpec) -> tuple[Estimate, float]:
    """Return the held-out AUC of a trait's direction without the others' span, and the share of it that is left."""
    mine, block = found[place], found[place].vector.block
    others = np.stack([one.vector.directions[block] for i, one in enumerate(found) if i != place])
    basis = np.linalg.qr(others.astype(np.float64).T)[0]
    scores = _heldout_without(mine.poles, block, basis, METHODS[spec.method], spec.n_folds)
    estimate = auc_estimate(scores, mine.poles.is_positive, mine.poles.question)
    whole = mine.vector.directions[block].astype(np.float64)
    return estimate, float(np.sum(without(whole, basis) ** 2) / np.sum(whole**2))


def _heldout_without(poles: Poles, block: int, basis: Floats, method: Method, n_folds: int) -> Floats:
    fold = folds_of(poles.question, n_folds)
    scores = np.empty(len(fold))
    for held in np.unique(fold):
        rest = fold != held
        made = rest & poles.is_kept
        own = poles.own_prompt[:, [block]]
        direction = without(method(own[made & poles.is_positive], own[made & ~poles.is_positive])[0], basis)
        known, new = poles.bare[rest, block] @ direction, poles.bare[~rest, block] @ direction
        scores[~rest] = (new - known.mean()) / (known.std() + 1e-12)
    return scores
