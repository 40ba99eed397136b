"""Directions by every method point along what was planted, in one unit, and do what their formulas say."""

import numpy as np
import pytest
from scipy import special

from heredity.ground.errors import MismatchError, UnknownNameError
from heredity.stats.arrays import Floats, cosine, without
from heredity.vectors.check import Poles
from heredity.vectors.leakage import _heldout_without
from heredity.vectors.methods import METHODS, PENALTY, logistic, method_named, pca

N, BLOCKS, WIDTH = 40, 2, 24


def planted(gap: float, seed: int = 0, nuisance: float = 0.0) -> tuple[Floats, Floats, Floats]:
    """Poles `gap` apart along the first axis, with a nuisance that moves partners together along the second."""
    chance = np.random.default_rng(seed)
    positive, negative = chance.standard_normal((2, N, BLOCKS, WIDTH))
    shared = nuisance * chance.standard_normal((N, BLOCKS))
    positive[..., 1] += shared
    negative[..., 1] += shared
    positive[..., 0] += gap
    axis = np.zeros(WIDTH)
    axis[0] = 1.0
    return positive, negative, axis


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_method_finds_the_planted_axis_in_the_units_of_its_gap(name: str) -> None:
    positive, negative, axis = planted(4.0)
    for direction in METHODS[name](positive, negative):
        assert cosine(direction, axis) > 0.9
        assert np.linalg.norm(direction) == pytest.approx(4.0, rel=0.25)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_swapped_poles_turn_every_direction_round(name: str) -> None:
    positive, negative, _ = planted(2.0, nuisance=3.0)
    assert np.allclose(METHODS[name](positive, negative), -METHODS[name](negative, positive), atol=1e-6)


def test_the_logistic_direction_is_where_the_penalised_loss_is_flat() -> None:
    positive, negative, _ = planted(1.0, nuisance=2.0)
    direction = logistic(positive, negative)[0]
    rows = np.concatenate([positive, negative])[:, 0]
    rows = rows - rows.mean(axis=0)
    label = np.concatenate([np.ones(N), np.zeros(N)])
    penalty = PENALTY * np.mean(np.sum(rows**2, axis=1))
    unit = direction / np.linalg.norm(direction)

    def gradient(weights: Floats) -> Floats:
        return rows.T @ (special.expit(rows @ weights) - label) + penalty * weights

    # along the direction there is one length at which the whole gradient vanishes, not only its part along it
    lengths = np.linspace(1e-3, 20.0, 20000)
    flat = min(float(np.linalg.norm(gradient(length * unit))) for length in lengths)
    assert flat < 0.02 * float(np.linalg.norm(gradient(np.zeros(WIDTH))))


def test_logistic_regression_looks_past_a_nuisance_that_misleads_the_mean_difference() -> None:
    chance = np.random.default_rng(1)
    positive, negative = chance.standard_normal((2, N, 1, WIDTH))
    loud = 12.0 * chance.standard_normal((2, N))
    positive[:, 0, 1], negative[:, 0, 1] = loud
    positive[:, 0, 0] += 2.0
    axis = np.eye(WIDTH)[0]
    by_mean, by_logistic = (METHODS[name](positive, negative)[0] for name in ("mean_difference", "logistic"))
    assert abs(cosine(by_logistic, axis)) > abs(cosine(by_mean, axis))


def test_pca_needs_partners_and_unknown_methods_are_told_what_there_is() -> None:
    positive, negative, _ = planted(1.0)
    with pytest.raises(MismatchError, match="pairs of answers"):
        pca(positive, negative[1:])
    with pytest.raises(UnknownNameError, match="logistic, mean_difference, pca"):
        method_named("lda")


def test_a_direction_without_a_span_has_nothing_in_it() -> None:
    chance = np.random.default_rng(2)
    basis = np.linalg.qr(chance.standard_normal((WIDTH, 3)))[0]
    left = without(chance.standard_normal(WIDTH), basis)
    assert np.allclose(basis.T @ left, 0)
    assert np.allclose(without(left, basis), left)


def test_a_trait_that_lies_in_the_others_span_has_nothing_of_its_own() -> None:
    positive, negative, axis = planted(4.0)
    own = np.concatenate([positive, negative])
    poles = Poles(
        own_prompt=own,
        bare=own,
        projected=own,
        is_positive=np.arange(2 * N) < N,
        question=np.concatenate([np.arange(N), np.arange(N)]) % 10,
        pair=np.zeros(2 * N, dtype=np.int64),
        is_kept=np.ones(2 * N, dtype=bool),
    )

    def apart(basis: Floats) -> float:
        scores = _heldout_without(poles, 0, basis, METHODS["mean_difference"], 5)
        return float(np.mean(scores[poles.is_positive][:, None] > scores[~poles.is_positive][None, :]))

    assert apart(np.eye(WIDTH)[:, [5]]) > 0.95
    assert 0.3 < apart(axis[:, None]) < 0.7
