"""Correlations are what they are known to be, and say nothing where they rest on too little."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from heredity.stats.correlation import between_conditions, correlation, within_conditions


def test_r_and_rho_are_the_known_values() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
    y = np.array([2.0, 1.0, 4.0, 3.0, 6.0, 5.0, 8.0, 70.0])
    pearson, spearman = correlation(x, y, x), correlation(x, y, x, by_rank=True)
    assert pearson is not None
    assert spearman is not None
    assert pearson.value == pytest.approx(scipy_stats.pearsonr(x, y).statistic)
    assert spearman.value == pytest.approx(scipy_stats.spearmanr(x, y).statistic)
    assert pearson.low <= pearson.value <= pearson.high
    straight = correlation(x, -3 * x + 2, x, unscored=3)
    assert straight is not None
    assert (straight.value, straight.n, straight.unscored) == (pytest.approx(-1.0), 8, 3)


def test_an_interval_over_clusters_is_wider_than_one_over_their_cases() -> None:
    chance = np.random.default_rng(1)
    names = np.repeat(np.arange(12), 10)
    common = chance.standard_normal((2, 12))[:, names]
    x, y = common + 0.1 * chance.standard_normal((2, 120))
    by_cluster, by_case = correlation(x, y, names), correlation(x, y, np.arange(120))
    assert by_cluster is not None
    assert by_case is not None
    assert by_cluster.value == by_case.value
    assert (by_cluster.n, by_case.n) == (12, 120)
    assert by_cluster.high - by_cluster.low > 2 * (by_case.high - by_case.low)


def test_within_conditions_the_sign_may_be_the_other_one() -> None:
    chance = np.random.default_rng(2)
    conditions = np.repeat(np.arange(6), 20)
    along = chance.standard_normal(120)
    x = 10 * conditions + along
    y = 10 * conditions - along + 0.1 * chance.standard_normal(120)
    cases = np.arange(120)
    pooled, within = correlation(x, y, cases), within_conditions(x, y, conditions, cases)
    between = between_conditions(x, y, conditions)
    assert pooled is not None
    assert within is not None
    assert between is not None
    assert pooled.low > 0.9
    assert within.high < -0.9
    assert between.low > 0.9


def test_cases_alone_in_their_condition_do_not_count_within() -> None:
    chance = np.random.default_rng(3)
    x, y = chance.standard_normal((2, 14))
    conditions = ["shared"] * 10 + list("abcd")
    found = within_conditions(x, y, conditions, np.arange(14))
    assert found is not None
    assert found.n == 10
    assert found.value == pytest.approx(scipy_stats.pearsonr(x[:10], y[:10]).statistic)


class TestTooLittle:
    x, y = np.random.default_rng(4).standard_normal((2, 12))

    def test_fewer_than_eight_cases(self) -> None:
        assert correlation(self.x[:7], self.y[:7], np.arange(7)) is None
        assert correlation(self.x[:8], self.y[:8], np.arange(8)) is not None
        assert correlation([], [], []) is None

    def test_fewer_than_five_clusters(self) -> None:
        assert correlation(self.x, self.y, np.arange(12) % 4) is None
        assert correlation(self.x, self.y, np.arange(12) % 5) is not None

    @pytest.mark.parametrize("by_rank", [False, True])
    def test_a_side_that_does_not_vary(self, by_rank: bool) -> None:
        flat = np.full(12, 0.1)
        assert correlation(flat, self.y, np.arange(12), by_rank) is None
        assert correlation(self.x, flat, np.arange(12), by_rank) is None

    @pytest.mark.parametrize("n_shared", [0, 2, 7])
    def test_fewer_than_eight_cases_that_share_their_condition(self, n_shared: int) -> None:
        conditions = ["shared"] * n_shared + [f"alone {i}" for i in range(12 - n_shared)]
        assert within_conditions(self.x, self.y, conditions, np.arange(12)) is None

    def test_conditions_within_which_a_side_does_not_vary(self) -> None:
        conditions = np.repeat([0.1, 0.7, 0.9], 4)
        assert within_conditions(conditions, self.y, conditions, np.arange(12)) is None

    def test_fewer_than_four_conditions(self) -> None:
        assert between_conditions(self.x, self.y, np.arange(12) % 3) is None
        assert between_conditions(self.x, self.y, np.arange(12) % 4) is not None
