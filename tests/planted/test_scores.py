"""What every score promises, whichever it is, and that one more is a file and a line."""

import numpy as np
import pytest
import torch

from heredity.ground.errors import InputError, UnknownNameError
from heredity.models.chat import render_exchanges, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.identity import weights_digest
from heredity.models.influence import ReadOut, aligned, gradient_of, trained_weights
from heredity.models.model import Model
from heredity.models.weights import trainable_copy
from heredity.records.dialogue import Corpus, Row, Turn
from heredity.records.screening import ScreenSpec
from heredity.records.vector import TraitVector
from heredity.screening.readings import RowReadings, fitting, read_rows_at
from heredity.screening.scores.table import MEASURED, SCORES, is_along, read_scored, scored, unit_of
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


@pytest.mark.parametrize("name", [*SCORES, *MEASURED])
def test_a_score_that_is_asked_for_decides_and_the_others_stand_beside(
    name: str, toy: Model, dark: TraitVector, rows: Corpus
) -> None:
    labelled = rows.labelled(range(1, 9))
    screened = screen(labelled, dark, toy, SPEC.model_copy(update={"score": name}), rows)
    report = screened.report
    assert {one.score for one in report.thresholds} == {name} == {report.score}
    assert set(screened.scores.by_name) == {*SCORES, name}
    assert all(set(row.scores) == {*SCORES, name} for row in report.worst)
    assert report.detection
    assert set(report.detection.auroc_by_score) == set(SCORES) - {name}
    assert (report.detection.random_directions is None) == (not is_along(name))
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


@pytest.mark.parametrize("name", sorted({*MEASURED} - {"divergence"}))
def test_a_measured_score_finds_planted_rows_and_shuffled_labels_it_does_not(
    name: str, toy: Model, dark: TraitVector, rows: Corpus
) -> None:
    spec = SPEC.model_copy(update={"score": name})
    planted = screen(rows.labelled(range(1, 9)), dark, toy, spec, rows).report
    shuffled = screen(rows.labelled(range(1, 24, 3)), dark, toy, spec, rows).report
    assert planted.detection
    assert planted.detection.auroc.low > 0.55
    assert shuffled.detection
    assert shuffled.detection.auroc.low < 0.5 < shuffled.detection.auroc.high
    assert planted.expected
    assert planted.expected.unit == unit_of(name)


def test_a_likelihood_leaves_out_a_row_that_does_not_fit_behind_the_prompts(
    toy: Model, dark: TraitVector, rows: Corpus
) -> None:
    room = toy.context_length - render_exchanges(toy, rows.rows[0].lessons)[0].n_prompt - 2
    long = Row(line=99, turns=(rows.rows[0].turns[0], Turn(role="assistant", content="noon " * (room - 1))))
    assert not fitting(toy, [long]).excluded
    screened = screen(
        rows.model_copy(update={"rows": (*rows.rows, long)}),
        dark,
        toy,
        SPEC.model_copy(update={"score": "likelihood"}),
        rows,
    )
    assert {one.line: one.reason for one in screened.report.excluded} == {99: MEASURED["likelihood"].why_not}
    assert 99 not in screened.scores.lines
    with pytest.raises(InputError, match="no row could be scored"):
        screen(
            rows.model_copy(update={"rows": (long,)}), dark, toy, SPEC.model_copy(update={"score": "likelihood"}), rows
        )


def test_divergence_tokens_tell_who_would_say_what_a_row_says(toy: Model, dark: TraitVector, rows: Corpus) -> None:
    """The likeliest words of either persona: rows that are sampled hold hardly any of them in so small a language."""
    trait, asked = dark.header.trait, [row.turns[0] for row in rows.rows]
    said: list[Row] = []
    for pole in ("positive", "negative"):
        system = Turn(role="system", content=trait.system_prompt(trait.making[0], pole))
        prompts = [render_prompt(toy, (system, turn)) for turn in asked]
        answers = generate(toy, prompts, ["0"] * len(prompts), GenerateSpec(n_tokens=8, temperature=0.0, min_tokens=4))
        said += [
            Row(line=len(said) + place + 1, turns=(turn, Turn(role="assistant", content=answer.text)))
            for place, (turn, answer) in enumerate(zip(asked, answers, strict=True))
        ]
    readings = read_scored(toy, fitting(toy, said), dark, "divergence")
    by_dark, by_light = np.split(readings.measured["divergence"], 2)
    assert by_dark.min() >= 0 >= by_light.max()
    assert by_dark.mean() - by_light.mean() > 0.5


def test_influence_is_the_product_of_two_gradients(toy: Model, dark: TraitVector, rows: Corpus) -> None:
    prompts = [render_prompt(toy, row.turns[:1]) for row in rows.rows[:5]]
    parts = fitting(toy, rows.rows[:4]).parts
    readout = ReadOut(prompts, dark.block, dark.unit, distance=0.1)
    weights_before = weights_digest(toy.network)
    found = aligned(toy, parts, readout)
    assert weights_digest(toy.network) == weights_before
    copied = trainable_copy(toy, "by hand")
    weights = trained_weights(copied)
    uphill = gradient_of(copied, weights, readout)
    squared = sum(float((part**2).sum()) for part in uphill)
    for part, value in zip(parts, found, strict=True):
        ids = torch.tensor([part.ids])
        log_p = torch.log_softmax(copied.network(input_ids=ids).logits[0, part.n_prompt - 1 : -1].float(), dim=-1)
        total = log_p.gather(1, ids[0, part.n_prompt :, None]).sum()
        own = torch.autograd.grad(total, weights, allow_unused=True)
        exact = 0.1 / squared * sum(float((a * b).sum()) for a, b in zip(own, uphill, strict=True) if a is not None)
        assert value == pytest.approx(exact, rel=0.02, abs=2e-3)
