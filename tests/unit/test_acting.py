"""Which rows go: no more than the budget, and those of a source whole; what is told of sources is bounded."""

from __future__ import annotations

import numpy as np
import pytest

from heredity.ground.errors import InputError, UnknownNameError
from heredity.records.acting import MOST_SOURCES, ActSpec
from heredity.records.row_scores import RowScores
from heredity.report.pages.screening.told import extremes
from heredity.screening.sources import by_source, counted, marked, require_sources, sources_of, spared_by
from report_sample import screen_report

N = 200
NAMES = ("forum", "wiki", "")


@pytest.fixture
def scores() -> RowScores:
    over = np.random.default_rng(0).normal(-1, 1.5, N)
    over[:4] = 2.5
    alone = np.array(["alone"] * N)
    return RowScores(np.arange(1, N + 1), alone, {"projection": over}, over, np.ones(N, dtype=np.int64))


@pytest.fixture
def sources() -> list[str]:
    return [NAMES[i % 3] for i in range(N)]


@pytest.mark.parametrize("budget", [0.001, 0.01, 0.05, 0.999])
def test_no_more_rows_are_flagged_than_the_budget_and_none_kept_lies_higher(
    scores: RowScores, sources: list[str], budget: float
) -> None:
    cut = marked(scores, ActSpec(budget=budget), sources_of(sources, NAMES))
    flagged, over = cut.is_flagged, scores.over > 0
    assert flagged.sum() == min(int(budget * N), over.sum())
    assert not (flagged & ~over).any()
    if flagged.any():
        assert scores.over[flagged].min() >= scores.over[~flagged].max(initial=-9)


def test_a_budget_is_of_the_rows_whose_source_stays(scores: RowScores, sources: list[str]) -> None:
    cut = marked(scores, ActSpec(budget=0.1, sources=("wiki",)), sources_of(sources, NAMES))
    n_staying = sum(name != "wiki" for name in sources)
    assert cut.is_flagged.sum() == int(0.1 * n_staying)
    assert cut.is_dropped.sum() == N - n_staying
    assert not (cut.is_flagged & cut.is_dropped).any()
    assert len(cut.kept_lines) + len(cut.gone_lines) == N


def test_sources_are_told_with_their_counts(scores: RowScores, sources: list[str]) -> None:
    found = {row.source: row for row in by_source(scores, ActSpec(), sources_of(sources, NAMES))}
    for name in NAMES:
        there = np.array([one == name for one in sources])
        assert (found[name].n_rows, found[name].n_over) == (there.sum(), (scores.over[there] > 0).sum())


def test_sources_beyond_the_most_are_counted_together_unless_asked_for(scores: RowScores) -> None:
    many = [f"site {i}" for i in range(N)]
    counts = counted(many, ("site 190",))
    assert len(counts) == MOST_SOURCES + 1
    found = by_source(scores, ActSpec(sources=("site 190",)), sources_of(many, tuple(counts)))
    assert sum(row.n_rows for row in found) == MOST_SOURCES + 1
    cut = marked(scores, ActSpec(sources=("site 190",)), sources_of(many, tuple(counts)))
    assert set(scores.lines[cut.is_dropped].tolist()) == {191}


def test_a_source_that_cannot_go_is_refused() -> None:
    require_sources({"forum": 3, "": 4}, ("forum",))
    require_sources({"": 4}, ())
    for counts, why in (({"": 4}, "no row says where it comes from"), ({"forum": 3}, "none would be left")):
        with pytest.raises(InputError, match=why):
            require_sources(counts, ("forum",))
    with pytest.raises(UnknownNameError, match="Did you mean 'forum'"):
        require_sources({"forum": 3, "wiki": 4}, ("forums",))


def test_a_threshold_that_parts_nothing_is_told_so() -> None:
    screened = screen_report()
    histogram = screened.histogram
    for places, said in ((range(-9, 0), "No row lies over"), (range(5), "Every row lies over")):
        counts = dict.fromkeys(places, 0) | {max(places): screened.n_rows}
        one_sided = screened.model_copy(update={"histogram": histogram.model_copy(update={"counts": counts})})
        assert extremes(one_sided)[0].startswith(said)
    assert not extremes(screened)


def scores_over(over: list[float]) -> RowScores:
    values = np.array(over)
    n = len(values)
    return RowScores(np.arange(1, n + 1), np.array(["alone"] * n), {}, values, np.ones(n, dtype=np.int64))


def test_rows_of_no_source_go_with_none_and_asking_for_it_is_refused() -> None:
    act = ActSpec(source_share=0.3)
    scores = scores_over([1.0] * 20)
    found = by_source(scores, act, sources_of([""] * 20, ("",)))
    assert not found[0].is_dropped
    with pytest.raises(InputError, match="no row says where it comes from"):
        require_sources({"": 20}, (), is_by_share=True)


def test_a_budget_is_a_whole_number_of_rows() -> None:
    assert int((~spared_by(0.29, scores_over([1.0] * 100), np.zeros(100, dtype=bool))).sum()) == 29
