"""What every score promises, whichever it is, and that one more is a file and a line."""

import numpy as np
import pytest

from heredity.ground.errors import UnknownNameError
from heredity.models.model import Model
from heredity.records.dialogue import Corpus
from heredity.records.screening import ScreenSpec
from heredity.records.vector import TraitVector
from heredity.screening.readings import RowReadings, read_rows_at
from heredity.screening.scores.table import SCORES, scored
from heredity.screening.screen import screen
from heredity.stats.arrays import Floats

SPEC = ScreenSpec(n_reference=60, n_tokens=14, false_alarm_rate=0.2)


@pytest.fixture(scope="module")
def readings(toy: Model, dark: TraitVector, rows: Corpus) -> RowReadings:
    return read_rows_at(toy, rows.rows, dark.block)


@pytest.mark.parametrize("name", SCORES)
def test_a_score_is_one_number_a_row_and_turns_with_the_direction(
    name: str, readings: RowReadings, dark: TraitVector
) -> None:
    there = scored(readings, name, dark.unit)
    assert there.shape == (len(readings.rows),)
    assert np.isfinite(there).all()
    np.testing.assert_allclose(scored(readings, name, -dark.unit), -there)
    both = scored(readings, name, np.stack([dark.unit, -dark.unit], axis=1))
    np.testing.assert_allclose(both[:, 0], there)


@pytest.mark.parametrize("name", SCORES)
def test_a_score_that_is_asked_for_decides_and_the_others_stand_beside(
    name: str, toy: Model, dark: TraitVector, rows: Corpus
) -> None:
    labelled = rows.labelled(range(1, 9))
    screened = screen(labelled, dark, toy, SPEC.model_copy(update={"score": name}), rows)
    report = screened.report
    assert {one.score for one in report.thresholds} == {name} == {report.score}
    assert set(screened.scores.by_name) == set(SCORES)
    assert all(set(row.scores) == set(SCORES) for row in report.worst)
    assert report.detection
    assert set(report.detection.auroc_by_score) == set(SCORES) - {name}
    assert set(report.detection.baselines) == {"length", "loss", "rare words"}


def test_an_unknown_score_is_refused_with_what_there_is(toy: Model, dark: TraitVector, rows: Corpus) -> None:
    with pytest.raises(UnknownNameError, match="projection"):
        screen(rows, dark, toy, SPEC.model_copy(update={"score": "projektion"}), rows)


def test_a_further_score_is_a_function_and_a_line(
    toy: Model, dark: TraitVector, rows: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cosine(readings: RowReadings) -> Floats:
        return readings.response / np.linalg.norm(readings.response, axis=1, keepdims=True)

    monkeypatch.setitem(SCORES, "cosine", cosine)
    screened = screen(rows.labelled(range(1, 9)), dark, toy, SPEC.model_copy(update={"score": "cosine"}), rows)
    report = screened.report
    assert {one.score for one in report.thresholds} == {"cosine"}
    assert (np.abs(screened.scores.by_name["cosine"]) <= 1).all()
    assert report.detection
    assert set(report.detection.auroc_by_score) == {"projection", "difference"}
