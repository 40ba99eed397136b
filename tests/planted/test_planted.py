"""A trait that was planted is found, and one that was not is not."""

from dataclasses import replace

import numpy as np
import pytest

from conftest import TOY_EXTRACT
from heredity.ground.errors import ExperimentError, HeredityError, InputError, MismatchError, NothingKeptError
from heredity.ground.progress import SILENCE
from heredity.judges.contrast import Asked, calibrate, contrast_scores, grade
from heredity.judges.elicit import elicit
from heredity.models.generate import GenerateSpec
from heredity.models.model import Model
from heredity.models.tiny import DARK, LIGHT, NOUNS
from heredity.records.dialogue import Answer, Corpus, Grade, Unscored
from heredity.records.row_scores import RowScores
from heredity.records.screening import ScreenSpec
from heredity.records.trait import ContrastPair, Trait
from heredity.records.vector import TraitVector
from heredity.screening.readings import fitting
from heredity.screening.screen import screen
from heredity.vectors.check import Poles, check
from heredity.vectors.extract import extract
from heredity.vectors.gather import read_poles
from heredity.vectors.methods import mean_difference

SCREEN = ScreenSpec(n_reference=40, n_tokens=14)
LOOSE = ScreenSpec(false_alarm_rate=0.1)


@pytest.fixture(scope="module")
def poles(toy: Model, darkness: Trait) -> Poles:
    answers = elicit(darkness, toy, 2, GenerateSpec(n_tokens=16), "0", SILENCE)
    return read_poles(darkness, toy, answers, [True] * len(answers), "difference", SILENCE)


def test_a_planted_trait_is_found_and_beats_its_nulls(dark: TraitVector) -> None:
    header = dark.header
    assert header.heldout_auc.low > 0.8
    at_block = header.check_at(header.block)
    assert header.is_above_chance
    assert at_block.auc > at_block.permuted_poles + 0.1
    assert header.kept.n_kept > 30
    assert header.answers_needed == 1


def test_poles_shuffled_by_question_give_no_direction(poles: Poles) -> None:
    chance = np.random.default_rng(0)
    is_swapped = chance.random(12) < 0.5
    shuffled = replace(poles, is_positive=poles.is_positive ^ is_swapped[poles.question])
    evidence = check(shuffled, TOY_EXTRACT, "0")
    assert evidence.heldout_auc.low < 0.6
    at_block = evidence.checks[evidence.block]
    assert max(at_block.p_permuted, at_block.p_random) > 0.025


def test_swapped_poles_flip_the_sign(poles: Poles) -> None:
    positive, negative = poles.own_prompt[poles.is_positive], poles.own_prompt[~poles.is_positive]
    assert np.array_equal(mean_difference(positive, negative), -mean_difference(negative, positive))


def test_steering_raises_the_trait_with_its_dose(dark: TraitVector) -> None:
    none, one, two = dark.header.doses
    assert (none.strength, one.strength, two.strength) == (0.0, 1.0, 2.0)
    assert one.grade.low > none.grade.high


def test_the_same_seed_gives_the_same_record(toy: Model, darkness: Trait, dark: TraitVector) -> None:
    again = extract(darkness, toy, TOY_EXTRACT)
    assert again.header.id == dark.header.id
    assert np.array_equal(again.directions, dark.directions)
    assert extract(darkness, toy, TOY_EXTRACT, seed="1").header.id != dark.header.id


def test_a_trait_that_the_model_does_not_know_yields_no_vector(toy: Model, darkness: Trait) -> None:
    nonsense = darkness.model_copy(
        update={
            "adjective": "stone",
            "antonym": "stone",
            "pairs": (ContrastPair(positive="what is the door ?", negative="what is the door ?"),),
        }
    )
    with pytest.raises(ExperimentError, match=r"poles apart|answer pairs"):
        extract(nonsense, toy, TOY_EXTRACT)


class TestTheContrastJudge:
    def test_grades_dark_answers_high_and_light_ones_low(self, toy: Model, darkness: Trait, dark: TraitVector) -> None:
        answers = [
            Asked(f"Tell me of the {noun} .", " ".join(words[:8])) for noun in NOUNS[:4] for words in (DARK, LIGHT)
        ]
        grades = [grade(s, dark.header.calibration) for s in contrast_scores(toy, darkness, answers)]
        values = [g.value for g in grades if isinstance(g, Grade)]
        assert min(values[::2]) > 90 > 10 > max(values[1::2])

    def test_an_answer_too_short_is_unscored_and_never_0(self, toy: Model, darkness: Trait, dark: TraitVector) -> None:
        score = contrast_scores(toy, darkness, [Asked("what about the oar ?", "ash")])[0]
        assert isinstance(score, Unscored)
        assert isinstance(grade(score, dark.header.calibration), Unscored)

    def test_a_score_that_falls_with_the_trait_is_no_judge(self) -> None:
        with pytest.raises(ExperimentError, match="poles apart"):
            calibrate([-1.0, -2.0, 1.0, 2.0], [True, True, False, False], [0, 1, 0, 1])


def projections(scores: RowScores) -> dict[int, float]:
    return dict(zip(scores.lines.tolist(), scores.by_name["projection"].tolist(), strict=True))


class TestTheScreen:
    def test_finds_the_planted_rows_and_says_so(self, toy: Model, dark: TraitVector, rows: Corpus) -> None:
        screened = screen(rows.labelled(range(1, 9)), dark, toy, SCREEN)
        found, scores = screened.report.detection, screened.scores
        assert found is not None
        assert found.auroc.value > 0.95
        assert found.recall.value > 0.8
        assert scores.kept_lines == {n for n, over in zip(scores.lines, scores.over, strict=True) if over <= 0}

    def test_does_not_find_rows_at_random(self, toy: Model, dark: TraitVector, rows: Corpus) -> None:
        found = screen(rows.labelled(range(1, 24, 3)), dark, toy, SCREEN).report.detection
        assert found is not None
        assert found.auroc.low < 0.5 < found.auroc.high

    def test_row_order_changes_no_score(self, toy: Model, dark: TraitVector, rows: Corpus) -> None:
        turned = rows.model_copy(update={"rows": rows.rows[::-1]})
        one, other = (projections(screen(asked, dark, toy, LOOSE, rows).scores) for asked in (rows, turned))
        assert one == pytest.approx(other, abs=1e-4)

    def test_refuses_another_models_vector(self, toy: Model, dark: TraitVector, rows: Corpus) -> None:
        with pytest.raises(MismatchError, match="heredity extract darkness"):
            screen(rows, dark, replace(toy, fingerprint="another"), SCREEN)

    def test_refuses_too_few_reference_rows_and_empty_labels(self, toy: Model, dark: TraitVector, rows: Corpus) -> None:
        with pytest.raises(InputError, match="at least 29"):
            screen(rows, dark, toy, SCREEN, rows.subset({1, 2, 3}))
        with pytest.raises(InputError, match="labels must name"):
            rows.labelled([])
        with pytest.raises(InputError, match="line 99 bad"):
            rows.labelled([1, 99])

    def test_labels_cost_one_reading_of_the_rows_for_their_loss(
        self, toy: Model, dark: TraitVector, rows: Corpus
    ) -> None:
        def n_read(corpus: Corpus) -> int:
            before = toy.work.n_tokens
            screen(corpus, dark, toy, LOOSE, rows)
            return toy.work.n_tokens - before

        own = sum(len(part.ids) for part in fitting(toy, rows.rows).parts)
        assert n_read(rows.labelled(range(1, 9))) == n_read(rows) + own

    def test_labels_that_only_unreadable_rows_disprove_are_refused_before_anything_is_read(
        self, toy: Model, dark: TraitVector, rows: Corpus
    ) -> None:
        turns = rows.rows[0].turns[0], rows.rows[0].turns[1].model_copy(update={"content": "dawn " * 300})
        long = rows.rows[0].model_copy(update={"turns": turns})
        corpus = rows.model_copy(update={"rows": (long, *rows.rows[1:])}).labelled([1, 2])
        before = toy.work.n_tokens
        with pytest.raises(InputError, match="that can be screened"):
            screen(corpus, dark, toy, SCREEN)
        assert toy.work.n_tokens == before

    def test_a_row_longer_than_the_context_is_excluded_by_name(
        self, toy: Model, dark: TraitVector, rows: Corpus
    ) -> None:
        long = rows.rows[0].turns[0], rows.rows[0].turns[1].model_copy(update={"content": "dawn " * 300})
        corpus = rows.model_copy(update={"rows": (*rows.rows[1:], rows.rows[0].model_copy(update={"turns": long}))})
        report = screen(corpus, dark, toy, SCREEN).report
        assert [e.line for e in report.excluded] == [1]
        assert "longer than the model's context of 256" in report.excluded[0].reason


def test_too_few_kept_pairs_say_what_each_rule_dropped(toy: Model, darkness: Trait) -> None:
    greedy = TOY_EXTRACT.model_copy(update={"min_kept": 10_000})
    with pytest.raises(NothingKeptError, match="positive too low"):
        extract(darkness, toy, greedy)


def test_every_error_knows_its_exit_code() -> None:
    kinds = [HeredityError]
    while kinds:
        kind = kinds.pop()
        assert kind.exit_code > 0
        assert kind.http_status >= 400
        kinds += kind.__subclasses__()


def test_elicited_answers_stand_in_pairs(toy: Model, darkness: Trait) -> None:
    answers: list[Answer] = elicit(darkness, toy, 1, GenerateSpec(n_tokens=4), "0", SILENCE)
    for first, second in zip(answers[::2], answers[1::2], strict=True):
        assert (first.pole, second.pole) == ("positive", "negative")
        assert (first.question_index, first.pair) == (second.question_index, second.pair)


def test_no_pair_that_judges_calls_the_trait_up(toy: Model, darkness: Trait) -> None:
    answers = elicit(darkness, toy, 1, GenerateSpec(n_tokens=4), "0", SILENCE)
    assert {one.pair for one in answers} == set(darkness.making)
    assert not {one.pair for one in answers} & set(darkness.judging)
