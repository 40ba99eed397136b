"""What is said over students and questions is false as seldom as its level says; several claims share one level."""

import numpy as np
import pytest
from scipy import stats

from heredity.stats.crossed import over_students, over_students_and_questions
from heredity.stats.intervals import mean_t
from heredity.stats.several import ALPHA, holm

N_STUDIES = 1000


def less_the_base(rng, n_seeds: int, n_questions: int, noise: float, kind: float) -> list[dict[str, float]]:
    """Return students less one noisy measurement of their base, where nothing rose: questions differ by `kind`."""
    base = noise * rng.standard_normal(n_questions)
    own = kind * rng.standard_normal(n_questions)
    luck = noise * rng.standard_normal((n_seeds, n_questions))
    seeds = 0.05 * rng.standard_normal((n_seeds, 1))
    return [{str(q): x for q, x in enumerate(row)} for row in own + seeds + luck - base]


def false_claims(n_seeds: int, n_questions: int, noise: float, kind: float) -> tuple[float, float]:
    """Return how often students are said to have risen or fallen: over both, and over students alone."""
    rng = np.random.default_rng(n_seeds)
    studies = [less_the_base(rng, n_seeds, n_questions, noise, kind) for _ in range(N_STUDIES)]
    both = [over_students_and_questions(one) for one in studies]
    alone = [mean_t([np.mean(list(row.values())) for row in one]) for one in studies]
    return (
        float(np.mean([one.estimate.is_clear_of_zero for one in both if one])),
        float(np.mean([one.is_clear_of_zero for one in alone])),
    )


@pytest.mark.parametrize(
    ("n_seeds", "n_questions", "noise", "kind"),
    [(3, 20, 0.25, 0.0), (3, 20, 0.25, 0.1), (5, 12, 0.1, 0.3), (2, 40, 0.2, 0.1), (10, 8, 0.2, 0.0)],
)
def test_where_nothing_rose_a_rise_or_fall_is_said_in_about_one_of_twenty_studies_at_most(
    n_seeds: int, n_questions: int, noise: float, kind: float
) -> None:
    both, alone = false_claims(n_seeds, n_questions, noise, kind)
    assert both < 0.065
    assert alone > 1.5 * both


def test_a_real_rise_is_seen() -> None:
    rng = np.random.default_rng(0)
    studies = [less_the_base(rng, 3, 20, 0.1, 0.05) for _ in range(200)]
    risen = [over_students_and_questions([{q: x + 0.3 for q, x in row.items()} for row in one]) for one in studies]
    assert np.mean([one.estimate.low > 0 for one in risen if one]) > 0.8


def test_it_is_the_two_way_layout_where_no_cell_is_missing() -> None:
    table = np.random.default_rng(1).standard_normal((4, 9)) + np.linspace(0, 3, 9)
    got = over_students_and_questions([{str(q): x for q, x in enumerate(row)} for row in table])
    rows, columns = table.mean(1), table.mean(0)
    rest = table - rows[:, None] - columns + table.mean()
    variance = rows.var(ddof=1) / 4 + columns.var(ddof=1) / 9 - (rest**2).sum() / (3 * 8) / 36
    floor = max(variance, rows.var(ddof=1) / 4, columns.var(ddof=1) / 9)
    df = floor**2 / ((rows.var(ddof=1) / 4) ** 2 / 3 + (columns.var(ddof=1) / 9) ** 2 / 8)
    half = max(stats.t.ppf(0.975, df) * floor**0.5, stats.t.ppf(0.975, 3) * (rows.var(ddof=1) / 4) ** 0.5)
    assert got
    assert got.estimate.value == pytest.approx(table.mean())
    assert got.estimate.high - got.estimate.value == pytest.approx(half)


def test_the_interval_and_the_p_value_agree_and_are_never_surer_than_students_alone() -> None:
    rng = np.random.default_rng(2)
    for _ in range(200):
        n_seeds, n_questions = rng.integers(2, 6), rng.integers(2, 15)
        table = rng.standard_normal((n_seeds, n_questions)) + rng.standard_normal((n_seeds, 1)) + rng.standard_normal()
        got = over_students_and_questions([{str(q): x for q, x in enumerate(row)} for row in table])
        alone = over_students(list(table.mean(1)))
        assert got
        assert alone
        assert got.estimate.is_clear_of_zero == (got.p < 0.05)
        assert got.p >= alone.p - 1e-12
        assert got.estimate.low <= alone.estimate.low + 1e-12


def test_missing_cells_are_left_out_and_what_cannot_be_drawn_anew_has_no_interval() -> None:
    rng = np.random.default_rng(3)
    full = [{str(q): x for q, x in enumerate(row)} for row in rng.standard_normal((3, 12)) + 2]
    holed = [{q: x for q, x in row.items() if rng.random() < 0.7} for row in full]
    got = over_students_and_questions(holed, unscored=9)
    assert got
    assert got.estimate.value == pytest.approx(np.mean([x for row in holed for x in row.values()]))
    assert got.estimate.low > 0
    assert (got.estimate.n, got.estimate.unscored) == (3, 9)
    assert over_students_and_questions(full[:1]) is None
    assert over_students_and_questions([{"0": 1.0}] * 3) is None
    assert over_students_and_questions([{}, *full[1:]]) is None
    assert over_students([1.0]) is None


def test_without_spread_there_is_nothing_at_zero_and_something_elsewhere() -> None:
    assert [over_students([x, x]).p for x in (0.0, 0.5)] == [1.0, 0.0]  # type: ignore[union-attr]
    same = over_students_and_questions([{"0": 0.0, "1": 0.0}] * 3)
    assert same
    assert same.p == 1.0


def test_holms_adjusted_p_values_are_the_textbooks() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([]) == ()
    assert holm([0.7, 0.9]) == (1.0, 1.0)


def test_of_several_claims_of_nothing_one_is_false_in_one_of_twenty_studies() -> None:
    rng = np.random.default_rng(4)
    p = stats.ttest_1samp(rng.standard_normal((2000, 6, 3)), 0, axis=2).pvalue
    assert np.mean([min(holm(list(row))) < ALPHA for row in p]) < 0.06
    assert np.mean((p < ALPHA).any(axis=1)) > 0.2
