"""Nulls hold nothing of the signal, and what a judge selected is not what a detector is tried on."""

from dataclasses import replace

import numpy as np
import pytest

from heredity.ground.errors import NothingKeptError
from heredity.records.vector import ExtractSpec
from heredity.stats.discrimination import auc
from heredity.stats.nulls import CHANCE, matched_directions, p_value
from heredity.vectors.check import Evidence, Poles, check, subset

WIDTH, N_QUESTIONS, N_PAIRS = 48, 12, 3
SPEC = ExtractSpec(n_folds=4, n_null=100, block=0)
Floats = np.ndarray


def answers(gap: float, seed: int = 0) -> Poles:
    """Return answers of two poles, `gap` deviations apart along one axis, with a stream that has its own directions."""
    rng = np.random.default_rng(seed)
    cells = [(q, p, pole) for q in range(N_QUESTIONS) for p in range(N_PAIRS) for pole in (True, False)]
    is_positive = np.array([pole for _, _, pole in cells])
    axis = rng.standard_normal(WIDTH)
    scales = np.linspace(2.0, 0.5, WIDTH)
    rows = rng.standard_normal((len(cells), WIDTH)) * scales
    along = axis / np.linalg.norm(axis)
    deviation = float(np.sqrt(np.sum((along * scales) ** 2)))
    rows += np.where(is_positive, 0.5, -0.5)[:, None] * gap * deviation * along
    stream = rows[:, None, :]
    return Poles(
        own_prompt=stream,
        bare=stream,
        projected=stream,
        is_positive=is_positive,
        question=np.array([q for q, _, _ in cells]),
        pair=np.array([p for _, p, _ in cells]),
        is_kept=np.ones(len(cells), dtype=bool),
    )


def is_found(evidence: Evidence) -> bool:
    at_block = evidence.checks[evidence.block]
    return evidence.heldout_auc.low > 0.5 and max(at_block.p_random, at_block.p_permuted) <= CHANCE


@pytest.mark.parametrize("gap", [2.0, 4.0, 6.0, 8.0, 30.0])
def test_a_planted_gap_beats_luck_however_wide_it_is(gap: float) -> None:
    evidence = check(answers(gap), SPEC, "0")
    assert is_found(evidence)


def test_no_gap_is_rarely_found() -> None:
    assert sum(is_found(check(answers(0.0, seed), SPEC, str(seed))) for seed in range(20)) <= 2


def test_directions_of_the_pooled_covariance_would_follow_the_gap() -> None:
    poles = answers(8.0)
    rows, positive = poles.bare[:, 0], poles.is_positive
    bounds = []
    for groups in (None, positive):
        directions = matched_directions(rows, 200, 0, groups)
        luck = auc(rows[positive] @ directions.T, rows[~positive] @ directions.T)
        bounds.append(float(np.quantile(np.maximum(luck, 1 - luck), 0.975)))
    assert bounds[0] > 0.999
    assert bounds[1] < 0.99


def test_a_p_value_counts_ties_against_the_detector() -> None:
    assert p_value(1.0, np.array([1.0, 1.0, 0.5])) == pytest.approx(3 / 4)
    assert p_value(0.9, np.zeros(199)) == pytest.approx(1 / 200)


def judged(poles: Poles, truth_per_judge: float, seed: int) -> Poles:
    """Return the answers with those twos kept in which a judge that shares one axis with the stream sees the trait."""
    rng = np.random.default_rng(seed)
    seen = truth_per_judge * poles.bare[:, 0, 1] / poles.bare[:, 0, 1].std() + rng.standard_normal(len(poles.question))
    twos = (seen[::2] > 0) & (seen[1::2] < 0)
    return replace(poles, is_kept=np.repeat(twos, 2))


def test_what_the_judge_kept_flatters_and_all_held_out_answers_do_not() -> None:
    everything, kept = [], []
    for seed in range(12):
        evidence = check(judged(answers(0.0, seed), 1.0, seed), SPEC, "0")
        assert evidence.heldout_auc_kept is not None
        everything.append(evidence.heldout_auc.value)
        kept.append(evidence.heldout_auc_kept.value)
    assert abs(np.mean(everything) - 0.5) < 0.05
    assert np.mean(kept) > 0.58


def test_a_direction_of_one_pair_alone_is_found_out_when_pairs_are_held_out() -> None:
    poles = answers(0.0)
    rows = poles.bare.copy()
    for pair in range(N_PAIRS):
        rows[poles.pair == pair, 0, pair] += np.where(poles.is_positive[poles.pair == pair], 4.0, -4.0)
    evidence = check(replace(poles, own_prompt=rows, bare=rows, projected=rows), SPEC, "0")
    assert evidence.heldout_auc_pairs is not None
    assert evidence.heldout_auc.value > 0.9
    assert evidence.heldout_auc_pairs.value < 0.75
    alone = subset(poles, poles.pair == 0)
    assert check(alone, SPEC, "0").heldout_auc_pairs is None


def test_kept_answers_of_one_question_cannot_be_held_out() -> None:
    poles = answers(4.0)
    with pytest.raises(NothingKeptError, match="too few questions"):
        check(replace(poles, is_kept=poles.question == 0), SPEC, "0")
