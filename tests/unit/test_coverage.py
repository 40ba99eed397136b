"""Intervals hold the truth as often as they say, at the small numbers of clusters that studies have."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats as scipy_stats

from heredity.ground.errors import NothingKeptError
from heredity.stats.compare import paired_difference, ratio_of_means
from heredity.stats.correlation import correlation
from heredity.stats.discrimination import auc_estimate, newcombe
from heredity.stats.intervals import cluster_jackknife, cluster_mean, mean_if_several, mean_t

N_STUDIES = 400
Draw = Callable[[np.random.Generator, int], np.ndarray]


@pytest.mark.parametrize("n", [4, 8, 12, 20])
@pytest.mark.parametrize(
    ("draw", "truth", "least"),
    [
        (lambda rng, n: rng.standard_normal(n), 0.0, 0.92),
        (lambda rng, n: rng.exponential(size=n), 1.0, 0.86),
        (lambda rng, n: rng.beta(0.3, 1.0, n), 0.3 / 1.3, 0.79),
    ],
    ids=["normal", "exponential", "mostly near zero"],
)
def test_a_mean_over_few_clusters_covers(draw: Draw, truth: float, least: float, n: int) -> None:
    """Of four skewed values nothing tells the skew: no interval holds there, and Student's holds most often."""
    rng = np.random.default_rng(n)
    found = [cluster_mean([[value] for value in draw(rng, n)], i) for i in range(N_STUDIES)]
    share = np.mean([one.low <= truth <= one.high for one in found])
    assert share >= (least if n == 4 else 0.905)


@pytest.mark.parametrize("n", [12, 60])
@pytest.mark.parametrize(("gained", "lost"), [(0.02, 0.02), (0.05, 0.05), (0.3, 0.1), (0.05, 0.3)])
def test_a_change_of_what_is_right_or_wrong_covers(gained: float, lost: float, n: int) -> None:
    rng, hits = np.random.default_rng(n), 0
    for i in range(N_STUDIES):
        kind = rng.choice(3, size=n, p=[gained, lost, 1 - gained - lost])
        after = {str(q): [float(k == 0)] for q, k in enumerate(kind)}
        before = {str(q): [float(k == 1)] for q, k in enumerate(kind)}
        found = paired_difference(after, before, i)
        hits += found.low <= gained - lost <= found.high
    assert hits / N_STUDIES >= 0.915


def test_arms_that_never_differ_or_once_are_not_told_apart_nor_told_the_same() -> None:
    wrong = {str(q): [0.0] for q in range(10)}
    same, once = paired_difference(wrong, wrong, 0), paired_difference({**wrong, "3": [1.0]}, wrong, 0)
    assert (same.value, same.low) == (0.0, -same.high)
    assert same.high > 0.1
    assert once.value == pytest.approx(0.1)
    assert not once.is_clear_of_zero


@pytest.mark.parametrize(("gap", "n"), [(0.0, 8), (1.05, 8), (1.05, 20), (2.33, 20)])
def test_an_auc_over_few_questions_covers(gap: float, n: int) -> None:
    """Answers to one question share what the question does to either pole."""
    rng, of_question = np.random.default_rng(n), 0.5
    truth = float(scipy_stats.norm.cdf(gap / np.sqrt(2 * (1 + of_question**2))))
    question, is_positive = np.repeat(np.arange(n), 6), np.tile([True, True, True, False, False, False], n)
    hits = 0
    for _ in range(150):
        own = of_question * rng.standard_normal((n, 2))
        scores = rng.standard_normal(6 * n) + own[question, is_positive.astype(int)] + gap * is_positive
        found = auc_estimate(scores, is_positive, question)
        hits += found.low <= truth <= found.high
    assert hits / 150 >= 0.91


def test_an_auc_of_1_has_an_interval_that_says_how_little_was_seen() -> None:
    is_positive = np.tile([True, False], 20)
    few, many = (auc_estimate(is_positive * 1.0, is_positive, np.arange(2 * n) // 2) for n in (20, 20))
    assert (few.value, few.high) == (1.0, 1.0)
    assert few.low == pytest.approx(newcombe(1.0, 20)[0])
    assert 0.85 < few.low < 0.95
    assert many == few
    reversed_poles = auc_estimate(-1.0 * is_positive, is_positive, np.arange(40) // 2)
    assert (reversed_poles.value, reversed_poles.low) == (0.0, 0.0)
    assert 0.05 < reversed_poles.high < 0.15


def test_more_answers_to_the_same_questions_make_an_auc_of_1_no_surer() -> None:
    question, is_positive = np.repeat(np.arange(10), 8), np.tile([True, False] * 4, 10)
    assert auc_estimate(is_positive * 1.0, is_positive, question).low == pytest.approx(newcombe(1.0, 10)[0])


@pytest.mark.parametrize("truth", [0.0, 0.6, 0.9])
def test_a_correlation_over_few_clusters_covers(truth: float) -> None:
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(300):
        pairs = rng.multivariate_normal([0, 0], [[1, truth], [truth, 1]], size=10)
        found = correlation(pairs[:, 0], pairs[:, 1], np.arange(10))
        assert found is not None
        hits += found.low <= truth <= found.high
    assert hits / 300 >= 0.91


def test_a_ratio_of_means_covers_and_a_jackknifed_mean_is_students() -> None:
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(300):
        rise = 15 + 10 * rng.standard_normal(12)
        removed = 0.6 * rise + 4 * rng.standard_normal(12)
        found = ratio_of_means(removed, rise)
        hits += found is not None and found.low <= 0.6 <= found.high
    assert hits / 300 >= 0.91
    values = rng.standard_normal(9)
    jackknifed = cluster_jackknife([[value] for value in values], lambda some: float(np.mean(np.concatenate(some))))
    assert jackknifed.low == pytest.approx(mean_t(values).low)


def test_shares_keep_inside_0_and_1() -> None:
    all_right = cluster_mean([[1.0]] * 12, 0)
    assert (all_right.value, all_right.high, all_right.method) == (1.0, 1.0, "wilson")
    assert 0.7 < all_right.low < 0.8


def test_one_value_has_no_interval_and_none_is_made_up() -> None:
    for lone in (lambda: mean_t([3.0]), lambda: cluster_mean([[3.0, 4.0]], 0)):
        with pytest.raises(NothingKeptError, match="one value has no interval"):
            lone()
    with pytest.raises(NothingKeptError, match="two or more"):
        cluster_jackknife([[1.0, 2.0]], lambda some: 0.0)
    with pytest.raises(NothingKeptError, match="no interval"):
        auc_estimate([1.0, 0.0], [True, False], [0, 0])
    assert mean_if_several([3.0]) is None
