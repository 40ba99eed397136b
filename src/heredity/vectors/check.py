"""Does the direction tell held-out answers apart, and better than luck would?

Folds run over questions: no direction ever meets an answer to a question it was made from. Directions are made from
kept answers; every answer is scored, since a judge that chose what is scored would have chosen the trait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import NothingKeptError
from heredity.ground.hashing import seed_from
from heredity.records.vector import BlockCheck, ExtractSpec
from heredity.stats.arrays import Floats
from heredity.stats.discrimination import answers_needed, auc, auc_columns, auc_estimate, separation
from heredity.stats.estimate import Estimate
from heredity.stats.nulls import matched_directions, p_value, swapped_poles, upper_bound
from heredity.vectors.methods import Method, mean_difference, method_named


@dataclass(frozen=True)
class Poles:
    """Answers of both poles, read twice; those that the judge kept make directions, all of them try them."""

    own_prompt: Floats
    """`[answers, blocks, width]`, read under the system prompt that made them: the vector comes from these."""
    bare: Floats
    """The same answers read without it, in the form that decides: what screening and monitoring face."""
    projected: Floats
    """The same answers read without it, response mean alone."""
    is_positive: NDArray[np.bool_]
    question: NDArray[np.int64]
    pair: NDArray[np.int64]
    """The contrast pair that called each answer up."""
    is_kept: NDArray[np.bool_]
    """Whether the judge found both answers of a two in their part. It chose by the trait: a figure of kept answers
    alone flatters."""


@dataclass(frozen=True)
class Evidence:
    """What the checks found."""

    block: int
    heldout_auc: Estimate
    heldout_auc_kept: Estimate | None
    heldout_auc_pairs: Estimate | None
    heldout_auc_projection: Estimate
    heldout_auc_own_prompt: Estimate
    answers_needed: int | None
    checks: tuple[BlockCheck, ...]


def check(poles: Poles, spec: ExtractSpec, seed: str, method: Method | None = None) -> Evidence:
    """Return held-out AUC at every block over its null bands, the chosen block, and its honest AUC.

    `method` stands in for the spec's where the directions come from elsewhere. Raises NothingKeptError where the kept
    answers are of too few questions for the folds.
    """
    method = method or method_named(spec.method)
    fold = folds_of(poles.question, spec.n_folds)
    bare = heldout_scores(poles, poles.bare, fold, method)
    own = heldout_scores(poles, poles.own_prompt, fold, method)
    projected = heldout_scores(poles, poles.projected, fold, method)
    block = choose_block(_auc_by_block(bare, poles.is_positive)) if spec.block is None else spec.block
    chosen = np.full(len(fold), block) if spec.block is not None else nested_blocks(poles, fold, method)
    honest = bare[np.arange(len(fold)), chosen]
    return Evidence(
        block=block,
        heldout_auc=_estimate(poles, honest),
        heldout_auc_kept=_estimate(poles, honest, poles.is_kept),
        heldout_auc_pairs=new_pair_auc(poles, fold, chosen, method),
        heldout_auc_projection=_estimate(poles, projected[:, block]),
        heldout_auc_own_prompt=_estimate(poles, own[:, block]),
        answers_needed=answers_needed(honest[poles.is_positive], honest[~poles.is_positive]),
        checks=block_checks(poles, [bare, projected, own], method, spec, seed),
    )


def folds_of(question: NDArray[np.int64], n_folds: int) -> NDArray[np.int64]:
    """Return each answer's fold; all answers to a question share one."""
    ranks = np.unique(question, return_inverse=True)[1]
    return np.asarray(ranks % n_folds, dtype=np.int64)


def heldout_scores(poles: Poles, test: Floats, fold: NDArray[np.int64], method: Method) -> Floats:
    """Return `[answers, blocks]`: every answer's projection on the direction of the other folds' kept answers.

    Projections are standardised by the other folds' mean and deviation, so that folds and blocks compare.
    """
    scores = np.empty(test.shape[:2])
    for held in np.unique(fold):
        rest = fold != held
        scores[~rest] = _scored(poles, test, rest, ~rest, method)
    return scores


def nested_blocks(poles: Poles, fold: NDArray[np.int64], method: Method) -> NDArray[np.int64]:
    """Return `[answers]`: the block that would be chosen without the fold that an answer is in."""
    blocks = np.empty(len(fold), dtype=np.int64)
    for held in np.unique(fold):
        rest = fold != held
        others = subset(poles, rest)
        inner = heldout_scores(others, others.bare, fold[rest], method)
        blocks[~rest] = choose_block(_auc_by_block(inner, others.is_positive))
    return blocks


def new_pair_auc(poles: Poles, fold: NDArray[np.int64], blocks: NDArray[np.int64], method: Method) -> Estimate | None:
    """Return the AUC of answers whose question and contrast pair the direction has not met; None for a single pair."""
    pairs = np.unique(poles.pair)
    if len(pairs) < 2:
        return None
    scores = np.empty(len(fold))
    for held in np.unique(fold):
        for pair in pairs:
            new = (fold == held) & (poles.pair == pair)
            if not new.any():
                continue
            at = slice(int(blocks[new][0]), int(blocks[new][0]) + 1)
            known = (fold != held) & (poles.pair != pair)
            scores[new] = _scored(poles, poles.bare, known, new, method, at)[:, 0]
    return _estimate(poles, scores)


def subset(poles: Poles, chosen: NDArray[np.bool_]) -> Poles:
    """Return some of the answers."""
    return Poles(**{field.name: getattr(poles, field.name)[chosen] for field in fields(Poles)})


def _scored(
    poles: Poles,
    test: Floats,
    known: NDArray[np.bool_],
    new: NDArray[np.bool_],
    method: Method,
    blocks: slice = slice(None),
) -> Floats:
    """Return `[new answers, blocks]`: projections on the direction of known kept answers, in deviations of theirs."""
    made = known & poles.is_kept
    sides = [poles.own_prompt[made & side][:, blocks] for side in (poles.is_positive, ~poles.is_positive)]
    if not all(len(side) for side in sides):
        raise NothingKeptError(
            "the answers in which the trait shows are of too few questions to hold some out; ask for more samples, or "
            "sharpen the contrast pairs"
        )
    direction = method(*sides)
    seen = np.einsum("nbw,bw->nb", test[made][:, blocks], direction)
    scores = np.einsum("nbw,bw->nb", test[new][:, blocks], direction)
    return np.asarray((scores - seen.mean(axis=0)) / (seen.std(axis=0) + 1e-12))


def choose_block(auc_by_block: Floats) -> int:
    """Return the block with the highest held-out AUC, smoothed over its two neighbours.

    Neighbouring blocks carry nearly the same stream; a lone peak among them is luck.
    """
    padded = np.pad(auc_by_block, 1, mode="edge")
    smooth = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    return int(np.argmax(smooth))


def block_checks(
    poles: Poles, scores: Sequence[Floats], method: Method, spec: ExtractSpec, seed: str
) -> tuple[BlockCheck, ...]:
    """Return one check a block of held-out scores (deciding form, projection, own prompt) beside their two nulls."""
    positive, kept = poles.is_positive, poles.is_kept
    bare_auc, projected_auc, own_auc = (_auc_by_block(some, positive) for some in scores)
    apart = separation(scores[0][positive], scores[0][~positive])
    fold = folds_of(poles.question, spec.n_folds)
    permuted, permuted_apart = permuted_nulls(poles, fold, method, spec.n_null, seed_from(seed, "permuted"))
    vectors = method(poles.own_prompt[positive & kept], poles.own_prompt[~positive & kept])
    checks = []
    for block in range(poles.bare.shape[1]):
        rows = poles.bare[:, block]
        random = matched_directions(rows, spec.n_null, seed_from(seed, "random", block), positive)
        sides = rows[positive] @ random.T, rows[~positive] @ random.T
        luck = auc(*sides)
        checks.append(
            BlockCheck(
                block=block,
                auc=float(bare_auc[block]),
                auc_projection=float(projected_auc[block]),
                auc_own_prompt=float(own_auc[block]),
                random_directions=upper_bound(np.maximum(luck, 1 - luck)),
                p_random=p_value(float(apart[block]), np.abs(separation(*sides))),
                permuted_poles=upper_bound(permuted[block]),
                p_permuted=p_value(float(apart[block]), permuted_apart[block]),
                vector_norm=float(np.linalg.norm(vectors[block])),
                activation_norm=float(np.linalg.norm(poles.projected[:, block], axis=1).mean()),
            )
        )
    return tuple(checks)


def permuted_nulls(poles: Poles, fold: NDArray[np.int64], method: Method, n: int, seed: int) -> tuple[Floats, Floats]:
    """Return the held-out AUC and separation of directions from poles swapped by question, `[blocks, permutations]`."""
    names, index = np.unique(poles.question, return_inverse=True)
    signs = swapped_poles(len(names), n, seed)[:, index]
    labels = signs * np.where(poles.is_positive, 1.0, -1.0) > 0
    if method is mean_difference:
        return _linear_nulls(poles, fold, labels)
    drawn = np.empty((2, poles.bare.shape[1], n))
    for i, is_positive in enumerate(labels):
        scores = heldout_scores(replace(poles, is_positive=is_positive), poles.bare, fold, method)
        drawn[0, :, i] = _auc_by_block(scores, is_positive)
        drawn[1, :, i] = separation(scores[is_positive], scores[~is_positive])
    return drawn[0], drawn[1]


def _linear_nulls(poles: Poles, fold: NDArray[np.int64], labels: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the same under `labels` (`[permutations, answers]`) for the mean difference.

    It is linear in its answers, so all permutations are one matrix product a fold and block. Kept answers stand in twos
    of one question, so that every permutation has as many of either pole.
    """
    aucs, apart = (np.empty((poles.bare.shape[1], len(labels))) for _ in range(2))
    for block in range(len(aucs)):
        scores = np.empty(labels.T.shape)
        for held in np.unique(fold):
            rest = fold != held
            made = rest & poles.is_kept
            directions = np.where(labels[:, made], 1.0, -1.0) @ poles.own_prompt[made, block]
            known, new = poles.bare[made, block] @ directions.T, poles.bare[~rest, block] @ directions.T
            scores[~rest] = (new - known.mean(axis=0)) / (known.std(axis=0) + 1e-12)
        aucs[block] = auc_columns(scores, labels.T)
        apart[block] = [
            separation(own[is_positive], own[~is_positive]) for own, is_positive in zip(scores.T, labels, strict=True)
        ]
    return aucs, apart


def _estimate(poles: Poles, scores: Floats, chosen: NDArray[np.bool_] | None = None) -> Estimate:
    some = np.ones(len(scores), dtype=bool) if chosen is None else chosen
    return auc_estimate(scores[some], poles.is_positive[some], poles.question[some])


def _auc_by_block(scores: Floats, is_positive: NDArray[np.bool_]) -> Floats:
    return auc(scores[is_positive], scores[~is_positive])
