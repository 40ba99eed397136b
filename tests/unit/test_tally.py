"""A screen in figures says of its rows what they say themselves, and its scores come back from disk as they were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from heredity.ground.errors import InputError
from heredity.records.row_scores import RowScores
from heredity.records.screening import Threshold
from heredity.screening.tally import N_WORST, Distance, expected_after, expected_of, histogram_of, settings_of, worst_of
from heredity.stats.intervals import wilson
from heredity.store.scores import load_scores, save_scores
from report_sample import said


@pytest.fixture
def scores() -> RowScores:
    chance = np.random.default_rng(0)
    over = chance.normal(-1, 1.5, 400)
    over[:3] = 0.0
    return RowScores(
        lines=np.arange(5, 405),
        settings=np.where(np.arange(400) % 3 == 0, "behind", "alone"),
        by_name={"projection": over + 4, "difference": over * 2},
        over=over,
        n_tokens=chance.integers(3, 90, 400),
    )


def test_the_settings_count_their_own_rows(scores: RowScores) -> None:
    alone, behind = settings_of(scores)
    assert (alone.setting, behind.setting) == ("alone", "behind")
    assert (alone.n_rows, behind.n_rows) == (266, 134)
    there = scores.over[scores.settings == "behind"]
    assert behind.n_flagged == (there > 0).sum()
    assert behind.over[0.5] == np.median(there)
    assert (behind.over[0.0], behind.over[1.0]) == (there.min(), there.max())
    assert alone.median_tokens == np.median(scores.n_tokens[scores.settings == "alone"])


@pytest.mark.parametrize("benign", [[], [-40.0], [0.0, 60.0]])
def test_the_bins_from_0_on_hold_the_flagged_rows(scores: RowScores, benign: list[float]) -> None:
    histogram = histogram_of(scores.over, benign)
    assert sum(histogram.counts.values()) == len(scores)
    assert sum(n for i, n in histogram.counts.items() if i >= 0) == scores.is_flagged.sum()
    for i, n in histogram.counts.items():
        inside = (scores.over > i * histogram.step) & (scores.over <= (i + 1) * histogram.step)
        assert n == inside.sum()


def test_rows_that_all_lie_at_the_threshold_have_a_bin(scores: RowScores) -> None:
    assert histogram_of(np.zeros(7), [0.0]).counts == {-1: 7}


def test_the_worst_rows_come_with_their_text_highest_first(scores: RowScores) -> None:
    worst = worst_of(scores, [said(line) for line in scores.lines.tolist()])
    assert [row.over for row in worst] == sorted(scores.over, reverse=True)[:N_WORST]
    for row in worst:
        (place,) = np.flatnonzero(scores.lines == row.line)
        assert row.scores == {name: values[place] for name, values in scores.by_name.items()}
        assert row.prompt.endswith(f"({row.line})")
        assert row.setting == scores.settings[place]


def test_scores_come_back_as_they_were(scores: RowScores, tmp_path: Path) -> None:
    again = load_scores(save_scores(scores, tmp_path / "scores.parquet"))
    for name in ("lines", "settings", "over", "n_tokens", "is_flagged"):
        np.testing.assert_array_equal(getattr(again, name), getattr(scores, name))
    assert set(again.by_name) == set(scores.by_name)
    assert all((again.by_name[name] == values).all() for name, values in scores.by_name.items())
    assert again.kept_lines == set((np.flatnonzero(scores.over <= 0) + 5).tolist())


def test_a_file_that_holds_no_scores_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"line": [1, 2]}), tmp_path / "other.parquet")
    (tmp_path / "text.parquet").write_text("no table")
    for name, why in (("other", "holds no scores"), ("text", "holds no scores"), ("none", "there is no file")):
        with pytest.raises(InputError, match=why):
            load_scores(tmp_path / f"{name}.parquet")


def benign_at(mean: float, name: str, setting: str) -> Threshold:
    chance = np.random.default_rng(1)
    drawn = chance.normal(0, 1, 60)
    values = drawn - drawn.mean() + mean
    return Threshold(
        setting="alone" if setting == "alone" else "behind",
        score=name,
        value=mean + 2,
        scores=tuple(values[:30]),
        held_out_scores=tuple(values[30:]),
        measured_rate=wilson(1, 30),
        deviation=1.0,
        median_tokens=10,
        reference="60 rows",
    )


def test_rows_lie_as_far_from_benign_ones_as_their_means_and_kept_ones_less(scores: RowScores) -> None:
    thresholds = [benign_at(1.0, "difference", "alone"), benign_at(3.0, "projection", "behind")]
    expected = expected_of(scores, thresholds, distance=Distance(2.0), seed="0")
    alone = scores.settings == "alone"
    means = np.where(alone, scores.by_name["difference"] - 1.0, scores.by_name["projection"] - 3.0) / 2.0
    assert expected.every is not None
    assert expected.kept is not None
    assert expected.at_random is not None
    assert expected.every.value == pytest.approx(means.mean())
    assert expected.kept.value == pytest.approx(means[~scores.is_flagged].mean())
    assert expected.kept.high < expected.every.low
    assert expected.at_random.low < expected.every.value < expected.at_random.high
    alone_error = means.std(ddof=1) / np.sqrt(len(means))
    assert expected.every.high - expected.every.value > 1.96 * alone_error


def test_rows_with_other_answers_lie_where_these_do(scores: RowScores) -> None:
    thresholds = [benign_at(1.0, "difference", "alone"), benign_at(3.0, "projection", "behind")]
    flagged = scores.lines[scores.is_flagged].tolist()
    replaced, left_out = dict.fromkeys(flagged[5:], 2.5), flagged[:5]
    is_new, alone = np.isin(scores.lines, list(replaced)), scores.settings == "alone"
    values = np.where(alone, scores.by_name["difference"], scores.by_name["projection"])
    shifts = (np.where(is_new, 2.5, values) - np.where(alone, 1.0, 3.0)) / 2.0
    found = expected_after(scores, replaced, thresholds, distance=Distance(2.0))
    assert found is not None
    assert found.n == len(scores) - len(left_out)
    assert found.value == pytest.approx(shifts[~np.isin(scores.lines, left_out)].mean())
    kept, none = (
        expected_of(scores, thresholds, Distance(2.0), "0").kept,
        expected_after(scores, {}, thresholds, Distance(2.0)),
    )
    assert kept is not None
    assert none is not None
    assert none.value == pytest.approx(kept.value)
    everything_goes = replace(scores, dropped=np.ones(len(scores), dtype=bool))
    assert expected_after(everything_goes, {}, thresholds, distance=Distance(2.0)) is None
