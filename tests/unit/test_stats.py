"""The statistics, against known answers."""

import numpy as np
import pytest

from heredity.ground.errors import MismatchError, NonFiniteError, NothingKeptError
from heredity.stats.compare import Scores, paired_difference, share_removed
from heredity.stats.discrimination import answers_needed, auc, auc_columns, auc_estimate
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import cluster_mean, mean_t, wilson
from heredity.stats.nulls import matched_directions, swapped_poles


def test_an_estimate_prints_what_it_rests_on() -> None:
    assert str(Estimate(0.8, 0.49, 0.94, 10, 2)) == "0.80 [0.49, 0.94] (n=10, unscored=2)"


def test_wilson_gives_the_textbook_interval() -> None:
    got = wilson(8, 10)
    assert (round(got.low, 2), round(got.high, 2)) == (0.49, 0.94)


def test_a_t_interval_covers_the_mean_about_95_times_in_100() -> None:
    rng = np.random.default_rng(0)
    hits = sum(e.low < 0 < e.high for e in (mean_t(rng.standard_normal(8)) for _ in range(600)))
    assert 0.92 < hits / 600 < 0.98


def test_a_cluster_interval_is_wider_than_one_that_forgets_the_clusters() -> None:
    rng = np.random.default_rng(0)
    groups = [rng.standard_normal() + 0.1 * rng.standard_normal(20) for _ in range(15)]
    flat = cluster_mean([[x] for group in groups for x in group], 0)
    clustered = cluster_mean(groups, 0)
    assert clustered.high - clustered.low > 3 * (flat.high - flat.low)
    assert clustered.n == 15


def test_auc_counts_ties_half_and_compares_all_pairs() -> None:
    rng = np.random.default_rng(0)
    high, low = rng.integers(0, 5, 30), rng.integers(0, 4, 20)
    pairs = [(1.0 if h > n else 0.5 if h == n else 0.0) for h in high for n in low]
    assert float(auc(high, low)) == pytest.approx(np.mean(pairs))
    scores = np.concatenate([high, low]).astype(float)[:, None]
    labels = (np.arange(50) < 30)[:, None]
    assert auc_columns(scores, labels)[0] == pytest.approx(np.mean(pairs))


def test_an_auc_interval_holds_half_where_there_is_nothing() -> None:
    rng = np.random.default_rng(1)
    got = auc_estimate(rng.standard_normal(60), np.arange(60) % 2 == 0, np.arange(60) // 6)
    assert got.low < 0.5 < got.high


def test_answers_needed_falls_with_the_gap_and_is_none_the_wrong_way_round() -> None:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(2000)
    assert answers_needed(noise + 4, noise) == 1
    assert answers_needed(noise + 1, noise) == pytest.approx(11, abs=1)
    assert answers_needed(noise - 1, noise) is None


def test_matched_directions_have_the_samples_covariance() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((400, 3)) * [10, 1, 0.1] + 5
    drawn = matched_directions(rows, 20_000, 0)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(rows.T), atol=0.05 * 100)
    np.testing.assert_allclose(drawn.std(axis=0), rows.std(axis=0, ddof=1), rtol=0.03)
    assert set(np.unique(swapped_poles(4, 10, 0))) == {-1.0, 1.0}


def test_paired_differences_take_the_questions_own_spread_out() -> None:
    rng = np.random.default_rng(0)
    base = {f"q{i}": [100 * rng.random()] for i in range(20)}
    treated = {name: [values[0] + 5 + rng.standard_normal()] for name, values in base.items()}
    got = paired_difference(treated, base, 0)
    assert got.low > 4
    assert got.high < 6
    with pytest.raises(MismatchError, match="share no scored question"):
        paired_difference(treated, {"other": [1.0]}, 0)


def test_the_share_removed_is_1_at_the_base_and_0_at_the_plain_arm() -> None:
    base = {f"q{i}": [10.0 + i] for i in range(10)}
    plain = {name: [values[0] + 20] for name, values in base.items()}
    assert removed(base, plain, base) == pytest.approx(1)
    assert removed(base, plain, plain) == pytest.approx(0)
    half = {name: [values[0] + 10] for name, values in base.items()}
    assert removed(base, plain, half) == pytest.approx(0.5)


def removed(base: Scores, plain: Scores, defended: Scores) -> float:
    share = share_removed(base, plain, defended)
    assert share is not None
    return share.value


def test_a_share_of_a_rise_that_is_not_clear_of_zero_has_no_end() -> None:
    rng = np.random.default_rng(0)
    base, plain, defended = ({f"q{i}": [rng.standard_normal()] for i in range(10)} for _ in range(3))
    assert share_removed(base, plain, defended) is None


def test_nothing_and_nan_are_refused() -> None:
    with pytest.raises(NothingKeptError):
        wilson(0, 0)
    with pytest.raises(NothingKeptError):
        cluster_mean([], 0)
    with pytest.raises(NonFiniteError):
        mean_t([1.0, float("nan")])
    with pytest.raises(NothingKeptError):
        auc([], [1.0])
