"""Thresholds that keep their promise on cases that they have not seen."""

import numpy as np
import pytest

from heredity.ground.errors import InputError
from heredity.stats.conformal import cases_needed, conformal_threshold, mean_excess, rises, share_spent


@pytest.mark.parametrize(("n", "rate"), [(20, 0.05), (39, 0.1), (64, 0.05)])
def test_fresh_cases_pass_it_no_more_often_than_was_asked(n: int, rate: float) -> None:
    chance = np.random.default_rng(0)
    passed = []
    for _ in range(2000):
        known, fresh = chance.standard_normal(n), chance.standard_normal(100)
        passed.append(np.mean(fresh > conformal_threshold(known, rate)))
    assert rate - 1 / (n + 1) - 0.005 <= np.mean(passed) <= rate + 0.003


def test_it_takes_the_number_of_cases_that_is_said(  # a plain quantile takes any, and passes .091 at 20
) -> None:
    assert [cases_needed(rate) for rate in (0.5, 0.1, 0.05, 0.025, 0.01)] == [1, 9, 19, 39, 99]
    for rate in (0.1, 0.05, 0.025, 1 / 3):
        n = cases_needed(rate)
        assert conformal_threshold(np.arange(n), rate) == n - 1
        with pytest.raises(InputError, match=f"it takes {n}"):
            conformal_threshold(np.arange(n - 1), rate)


def test_the_mean_excess_is_the_scale_of_an_exponential_tail() -> None:
    chance = np.random.default_rng(0)
    assert mean_excess(chance.exponential(3.0, 20_000)) == pytest.approx(3.0, rel=0.05)
    assert mean_excess([1.0]) == 0.0
    assert mean_excess([2.0] * 10) == 0.0


def test_stretches_spend_the_rate_and_never_more() -> None:
    parts = [1 / (k * (k + 1)) for k in range(1, 1001)]
    assert sum(parts) == pytest.approx(share_spent(1000))
    assert share_spent(1) == 0.5
    tail = 0.5
    bars = rises(np.arange(1, 1001), tail)
    assert bars[0] == 0
    assert np.exp(-bars / tail) * parts[0] == pytest.approx(parts)
