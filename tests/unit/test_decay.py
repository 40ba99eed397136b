"""Half-lives and power: numbers that are known beforehand come out."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from heredity.stats.decay import decay_rate, half_life
from heredity.stats.power import paired_power, pairs_needed


@pytest.mark.parametrize("rate", [-0.3, 0.0, 0.35, 1.2])
def test_a_planted_rate_is_found_whatever_its_height(rate: float) -> None:
    for start in (0.2, 5.0):
        assert decay_rate([start * np.exp(-rate * g) for g in range(5)]) == pytest.approx(rate, abs=1e-3)


def test_effects_that_end_below_zero_still_have_a_rate() -> None:
    assert decay_rate([4.0, 0.5, -0.1, 0.05, -0.02]) > 1.5


def test_a_half_life_comes_with_the_interval_of_its_rate_and_only_for_what_fades() -> None:
    found = half_life([np.log(2) / 2] * 3)
    assert found is not None
    assert found.value == pytest.approx(2.0)
    assert half_life([0.1, -0.1, 0.05]) is None
    assert half_life([1.0]) is None
    spread = half_life([0.5, 0.6, 0.7])
    assert spread is not None
    assert spread.low < spread.value < spread.high


def test_power_is_what_simulated_studies_reach() -> None:
    drawn = np.random.default_rng(0).normal(1.0, 0.5, size=(20_000, 5))
    t = drawn.mean(axis=1) / (drawn.std(axis=1, ddof=1) / np.sqrt(5))
    assert paired_power(1.0, 0.5, 5) == pytest.approx(np.mean(t > scipy_stats.t.ppf(0.975, 4)), abs=0.01)


def test_the_pairs_needed_reach_the_power_and_one_fewer_does_not() -> None:
    n = pairs_needed(1.0, 0.5, 0.8)
    assert n is not None
    assert paired_power(1.0, 0.5, n) >= 0.8 > paired_power(1.0, 0.5, n - 1)
    assert paired_power(1.0, 0.5, 1) == 0.0
    assert pairs_needed(0.001, 10.0, 0.99) is None
