"""Does the direction tell held-out answers apart, and better than luck would?

Folds run over questions: no direction ever meets an answer to a question it was made from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heredity.ground.hashing import seed_from
from heredity.records.vector import BlockCheck
from heredity.stats.discrimination import answers_needed, auc, auc_columns, auc_estimate
from heredity.stats.estimate import Estimate
from heredity.stats.nulls import matched_directions, swapped_poles, upper_bound
from heredity.vectors.methods import Method, mean_difference, method_named
from heredity.vectors.spec import ExtractSpec

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Poles:
    """Kept answers of both poles, read twice."""

    own_prompt: Floats
    """`[answers, blocks, width]`, read under the system prompt that made them: the vector comes from these."""
    bare: Floats
    """The same answers read without it, in the form that decides: what screening and monitoring face."""
    projected: Floats
    """The same answers read without it, response mean alone."""
    is_positive: NDArray[np.bool_]
    question: NDArray[np.int64]


@dataclass(frozen=True)
class Evidence:
    """What the checks found."""

    block: int
    heldout_auc: Estimate
    heldout_auc_projection: Estimate
    heldout_auc_own_prompt: Estimate
    answers_needed: int | None
    checks: tuple[BlockCheck, ...]


def check(poles: Poles, spec: ExtractSpec, seed: str, method: Method | None = None) -> Evidence:
    """Return held-out AUC at every block over its null bands, the chosen block, and its honest AUC.

    `method` stands in for the spec's where the directions come from elsewhere.
    """
    method = method or method_named(spec.method)
    fold = folds_of(poles.question, spec.n_folds)
    bare = heldout_scores(poles.own_prompt, poles.bare, poles.is_positive, fold, method)
    own = heldout_scores(poles.own_prompt, poles.own_prompt, poles.is_positive, fold, method)
    projected = heldout_scores(poles.own_prompt, poles.projected, poles.is_positive, fold, method)
    by_block = _auc_by_block(bare, poles.is_positive)
    block = choose_block(by_block) if spec.block is None else spec.block
    honest = bare[:, block] if spec.block is not None else nested_scores(poles, fold, method)
    estimates = [
        auc_estimate(scores, poles.is_positive, poles.question, seed_from(seed, "heldout"))
        for scores in (honest, projected[:, block], own[:, block])
    ]
    return Evidence(
        block=block,
        heldout_auc=estimates[0],
        heldout_auc_projection=estimates[1],
        heldout_auc_own_prompt=estimates[2],
        answers_needed=answers_needed(honest[poles.is_positive], honest[~poles.is_positive]),
        checks=block_checks(
            poles, [_auc_by_block(s, poles.is_positive) for s in (bare, projected, own)], method, spec, seed
        ),
    )


def folds_of(question: NDArray[np.int64], n_folds: int) -> NDArray[np.int64]:
    """Return each answer's fold; all answers to a question share one."""
    ranks = np.unique(question, return_inverse=True)[1]
    return np.asarray(ranks % n_folds, dtype=np.int64)


def heldout_scores(
    train: Floats, test: Floats, is_positive: NDArray[np.bool_], fold: NDArray[np.int64], method: Method
) -> Floats:
    """Return `[answers, blocks]`: each answer's projection on the direction of the other folds.

    Projections are standardised by the other folds' mean and deviation, so that folds and blocks compare.
    """
    scores = np.empty(test.shape[:2])
    for held in np.unique(fold):
        rest = fold != held
        direction = method(train[rest & is_positive], train[rest & ~is_positive])
        known = np.einsum("nbw,bw->nb", test[rest], direction)
        new = np.einsum("nbw,bw->nb", test[~rest], direction)
        scores[~rest] = (new - known.mean(axis=0)) / (known.std(axis=0) + 1e-12)
    return scores


def nested_scores(poles: Poles, fold: NDArray[np.int64], method: Method) -> Floats:
    """Return `[answers]`: held-out scores with the block, too, chosen without the fold it is used on."""
    scores = np.empty(len(fold))
    everywhere = heldout_scores(poles.own_prompt, poles.bare, poles.is_positive, fold, method)
    for held in np.unique(fold):
        rest = fold != held
        inner = heldout_scores(poles.own_prompt[rest], poles.bare[rest], poles.is_positive[rest], fold[rest], method)
        block = choose_block(_auc_by_block(inner, poles.is_positive[rest]))
        scores[~rest] = everywhere[~rest, block]
    return scores


def choose_block(auc_by_block: Floats) -> int:
    """Return the block with the highest held-out AUC, smoothed over its two neighbours.

    Neighbouring blocks carry nearly the same stream; a lone peak among them is luck.
    """
    padded = np.pad(auc_by_block, 1, mode="edge")
    smooth = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    return int(np.argmax(smooth))


def block_checks(
    poles: Poles, aucs: Sequence[Floats], method: Method, spec: ExtractSpec, seed: str
) -> tuple[BlockCheck, ...]:
    """Return one check a block, the AUCs (deciding form, projection, own prompt) beside their two null bands."""
    bare_auc, projected_auc, own_auc = aucs
    positive = poles.is_positive
    fold = folds_of(poles.question, spec.n_folds)
    permuted = permuted_bounds(poles, fold, method, spec.n_null, seed_from(seed, "permuted"))
    vectors = method(poles.own_prompt[positive], poles.own_prompt[~positive])
    checks = []
    for block in range(poles.bare.shape[1]):
        rows = poles.bare[:, block]
        random = matched_directions(rows, spec.n_null, seed_from(seed, "random", block))
        luck = auc(rows[positive] @ random.T, rows[~positive] @ random.T)
        checks.append(
            BlockCheck(
                block=block,
                auc=float(bare_auc[block]),
                auc_projection=float(projected_auc[block]),
                auc_own_prompt=float(own_auc[block]),
                random_directions=upper_bound(np.maximum(luck, 1 - luck)),
                permuted_poles=float(permuted[block]),
                vector_norm=float(np.linalg.norm(vectors[block])),
                activation_norm=float(np.linalg.norm(poles.projected[:, block], axis=1).mean()),
            )
        )
    return tuple(checks)


def permuted_bounds(poles: Poles, fold: NDArray[np.int64], method: Method, n: int, seed: int) -> Floats:
    """Return `[blocks]`: 97.5th percentile of the held-out AUC of directions from poles swapped by question."""
    names, index = np.unique(poles.question, return_inverse=True)
    signs = swapped_poles(len(names), n, seed)[:, index]
    labels = signs * np.where(poles.is_positive, 1.0, -1.0) > 0
    if method is mean_difference:
        return _linear_bounds(poles, fold, labels)
    drawn = np.empty((n, poles.bare.shape[1]))
    for i, is_positive in enumerate(labels):
        drawn[i] = _auc_by_block(heldout_scores(poles.own_prompt, poles.bare, is_positive, fold, method), is_positive)
    return np.array([upper_bound(column) for column in drawn.T])


def _linear_bounds(poles: Poles, fold: NDArray[np.int64], labels: NDArray[np.bool_]) -> Floats:
    """Return the bounds of `labels` (`[permutations, answers]`) for the mean difference.

    It is linear in its answers, so all permutations are one matrix product a fold and block.
    """
    bounds = np.empty(poles.bare.shape[1])
    for block in range(len(bounds)):
        scores = np.empty(labels.T.shape)
        for held in np.unique(fold):
            rest = fold != held
            directions = np.where(labels[:, rest], 1.0, -1.0) @ poles.own_prompt[rest, block]
            known, new = poles.bare[rest, block] @ directions.T, poles.bare[~rest, block] @ directions.T
            scores[~rest] = (new - known.mean(axis=0)) / (known.std(axis=0) + 1e-12)
        bounds[block] = upper_bound(auc_columns(scores, labels.T))
    return bounds


def _auc_by_block(scores: Floats, is_positive: NDArray[np.bool_]) -> Floats:
    return auc(scores[is_positive], scores[~is_positive])
