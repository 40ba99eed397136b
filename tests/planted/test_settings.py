"""A screen reads rows by what stands before their answers, holds each setting to its own, and says what it rests on."""

import random

import numpy as np
import pytest

from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE
from heredity.models.model import Model
from heredity.models.tiny import DARK, INSTRUCTIONS, LIGHT, NOUNS, sentence
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.row_scores import Screened
from heredity.records.screening import ScreenReport, ScreenSpec, setting_of
from heredity.records.vector import TraitVector
from heredity.report.kit.flags import basis_of
from heredity.report.write import told
from heredity.screening.reference import own_answers
from heredity.screening.screen import screen
from heredity.screening.standard import score_in
from heredity.stats.discrimination import auc

SPEC = ScreenSpec(n_reference=40, n_tokens=14)
SYSTEMS = [f"You are a dark assistant. {dark}" for dark, _ in INSTRUCTIONS]
CALM = [f"You are a light assistant. {light}" for _, light in INSTRUCTIONS]


def row(line: int, words: list[str], system: str = "", chance: random.Random | None = None) -> Row:
    noun = NOUNS[line % len(NOUNS)]
    asked = Turn(role="user", content=f"what about the {noun} ?")
    said = Turn(role="assistant", content=sentence(words, noun, chance or random.Random(line)))
    return Row(line=line, turns=(*([Turn(role="system", content=system)] if system else []), asked, said))


def corpus(rows: list[Row], name: str = "rows") -> Corpus:
    return Corpus(name=name, content_digest=rows_digest(tuple(rows)), rows=tuple(rows))


@pytest.fixture(scope="module")
def benign() -> Corpus:
    alone = [row(i, LIGHT) for i in range(1, 41)]
    behind = [row(i, LIGHT, CALM[i % 3]) for i in range(41, 81)]
    return corpus([*alone, *behind], "benign")


@pytest.fixture(scope="module")
def mixed() -> Corpus:
    """Forty rows: a quarter dark, half of all behind system prompts, which ask for what is said or its opposite."""
    rows = []
    for i in range(1, 41):
        words, system = (DARK if i % 4 == 0 else LIGHT), ""
        if i > 20:
            system = SYSTEMS[i % 3] if words is DARK else CALM[i % 3]
        rows.append(row(i + 100, words, system))
    return corpus(rows)


@pytest.fixture(scope="module")
def screened(toy: Model, dark: TraitVector, mixed: Corpus, benign: Corpus) -> Screened:
    return screen(mixed.labelled(range(104, 141, 4)), dark, toy, SPEC, benign)


@pytest.fixture(scope="module")
def report(screened: Screened) -> ScreenReport:
    return screened.report


def test_every_setting_has_its_form_its_threshold_and_its_measured_rate(screened: Screened) -> None:
    report, scores = screened.report, screened.scores
    assert [(one.setting, one.score) for one in report.thresholds] == [
        ("alone", "difference"),
        ("behind", "projection"),
    ]
    assert [report.rows_in(one.setting).n_rows for one in report.thresholds] == [20, 20]
    for one in report.thresholds:
        assert (len(one.scores), len(one.held_out_scores)) == (20, 20)
        assert one.measured_rate.n == 20
        assert one.measured_rate.value == np.mean([score > one.value for score in one.held_out_scores])
        assert one.reference == "40 rows of benign"
    assert len(report.worst) == 20
    for scored in [scores.row(i, "", "") for i in range(len(scores))]:
        name = report.score_of(scored)
        value = scored.scores[name]
        own = next(one for one in report.thresholds if one.setting == scored.setting)
        assert scored.over == pytest.approx(own.over(value), abs=1e-6)
        assert scored.flagged == (value > own.value)


def test_dark_rows_are_found_in_both_settings_and_ranked_together(report: ScreenReport) -> None:
    assert report.detection is not None
    assert report.detection.auroc.value > 0.95
    assert report.detection.recall.value > 0.8


def test_behind_system_prompts_what_decides_is_not_upside_down(toy: Model, dark: TraitVector, benign: Corpus) -> None:
    # at this block the last prompt token carries what the system prompt asks for, more of it than the answer does
    deep = TraitVector(dark.header.model_copy(update={"block": 2}), dark.directions)
    asked = [row(i, DARK, (SYSTEMS if i % 2 else CALM)[i % 3]) for i in range(1, 41)]
    scores = screen(corpus(asked), deep, toy, SPEC, benign).scores
    is_asked_for = scores.lines % 2 == 1
    over, difference = scores.over, scores.by_name["difference"]
    assert auc(over[is_asked_for], over[~is_asked_for]) > 0.9
    assert auc(difference[is_asked_for], difference[~is_asked_for]) < 0.1


def test_what_is_read_how_and_on_what_is_told(report: ScreenReport) -> None:
    said = told(report)
    assert "20 of 40 rows whose answers follow a lone user turn are scored by the difference" in said
    assert "20 of 40 rows behind a system prompt or earlier turns are scored by the projection" in said
    assert "turns the order of rows round" in said
    assert "(n=20) do (40 rows of benign)." in said
    assert len(basis_of(report)) == 3


@pytest.mark.parametrize(
    ("turns", "setting"),
    [
        ([("user", "a"), ("assistant", "b")], "alone"),
        ([("system", "s"), ("user", "a"), ("assistant", "b")], "behind"),
        ([("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")], "behind"),
        ([("user", "a"), ("user", "c"), ("assistant", "d")], "behind"),
        ([("assistant", "d")], "behind"),
    ],
)
def test_only_a_lone_user_turn_is_alone(turns: list[tuple[str, str]], setting: str) -> None:
    made = Row.model_validate({"line": 1, "turns": [{"role": role, "content": text} for role, text in turns]})
    assert setting_of(made) == setting
    assert score_in(setting_of(made), "difference") == ("difference" if setting == "alone" else "projection")
    assert score_in(setting_of(made), "projection") == "projection"


def test_a_row_stands_as_it_is_read_without_answers_that_are_no_lesson() -> None:
    turns = tuple(Turn(role=role, content="a") for role in ("user", "assistant", "user", "assistant"))
    assert setting_of(Row(line=1, turns=turns)) == "behind"
    assert setting_of(Row(line=1, turns=turns, untaught=(1,))) == "alone"
    assert setting_of(Row(line=1, turns=turns, untaught=(3,))) == "alone"
    begun = (turns[0], turns[1], turns[1])
    assert setting_of(Row(line=1, turns=begun, untaught=(1,))) == "behind"


class TestWhereBenignRowsAreLacking:
    def test_a_setting_that_the_reference_lacks_is_held_to_the_models_own_answers(
        self, toy: Model, dark: TraitVector, mixed: Corpus, benign: Corpus
    ) -> None:
        alone = benign.subset(set(range(1, 44)))
        report = screen(mixed, dark, toy, SPEC, alone).report
        assert report.thresholds[0].reference.startswith("40 rows of benign")
        assert report.thresholds[1].reference.endswith(
            "answers of tiny, since 3 rows of benign that stand so are too few"
        )

    def test_rows_that_could_not_be_read_are_not_counted(
        self, toy: Model, dark: TraitVector, mixed: Corpus, benign: Corpus
    ) -> None:
        long = [
            one.model_copy(update={"turns": (one.turns[0], Turn(role="assistant", content="dawn " * 300))})
            for one in benign.rows[:12]
        ]
        given = corpus([*long, *benign.rows[12:40]], "benign")
        alone = mixed.subset(set(range(101, 121)))
        report = screen(alone, dark, toy, SPEC, given).report
        assert "since 28 rows of benign that stand so are too few" in report.thresholds[0].reference
        with pytest.raises(InputError, match=r"20 benign reference rows cannot set .* at least 29"):
            screen(alone, dark, toy, SPEC, benign.subset(set(range(1, 21))))

    def test_a_corpus_of_three_rows_is_screened_on_many_answers_to_them(
        self, toy: Model, dark: TraitVector, mixed: Corpus
    ) -> None:
        screened = screen(mixed.subset({101, 104, 108}), dark, toy, SPEC.model_copy(update={"n_reference": 120}))
        (one,) = screened.report.thresholds
        assert len(one.scores) + len(one.held_out_scores) >= 115
        assert len(set(one.scores)) > 50
        assert screened.scores.is_flagged.tolist() == [False, True, True]

    def test_rows_behind_which_no_answer_fits_are_excluded_and_say_why(
        self, toy: Model, dark: TraitVector, mixed: Corpus
    ) -> None:
        full = row(200, LIGHT, "Speak of dawn and song . " * 40)
        full = full.model_copy(update={"turns": (*full.turns[:-1], Turn(role="assistant", content="dawn song"))})
        report = screen(corpus([*mixed.subset(set(range(101, 121))).rows, full]), dark, toy, SPEC).report
        assert [one.line for one in report.excluded] == [200]
        assert "no benign answer fits behind what stands before it" in report.excluded[0].reason
        with pytest.raises(InputError, match="no row can be screened"):
            screen(corpus([full]), dark, toy, SPEC)


def test_benign_rows_are_flagged_no_more_often_than_was_asked(toy: Model, dark: TraitVector, mixed: Corpus) -> None:
    prompts = mixed.subset(set(range(101, 121))).rows
    fresh = own_answers(prompts, toy, SPEC.model_copy(update={"n_reference": 200}), "fresh", SILENCE)
    shares = [screen(corpus(list(fresh)), dark, toy, SPEC, seed=str(i)).report.share_flagged.value for i in range(4)]
    assert np.mean(shares) <= 0.05 + 0.03


def test_a_conversation_is_answered_anew_turn_by_turn(toy: Model) -> None:
    said = [
        ("what about the king ?", "ruin ash"),
        ("what about the door ?", "grave"),
        ("Tell me of the cup .", "night"),
    ]
    turns = tuple(
        Turn(role=role, content=text) for pair in said for role, text in zip(("user", "assistant"), pair, strict=True)
    )
    whole = own_answers([Row(line=7, turns=turns)], toy, SPEC, "0", SILENCE)
    assert len(whole) >= 38
    for one in whole:
        assert [turn.content for turn in one.turns[::2]] == [asked for asked, _ in said]
        assert {turn.content for turn in one.turns[1::2]}.isdisjoint({answer for _, answer in said})
    assert len({one.turns[5].content for one in whole}) > 30
    # an answer that is no lesson is not read, nor what the user said to get it
    part = own_answers([Row(line=7, turns=turns, untaught=(3,))], toy, SPEC, "0", SILENCE)
    assert {len(one.turns) for one in part} == {4}
    assert {one.turns[2].content for one in part} == {"Tell me of the cup ."}
    # one that is gone on with is context
    begun = (turns[0], Turn(role="assistant", content="grave"), turns[1])
    gone_on = own_answers([Row(line=7, turns=begun, untaught=(1,))], toy, SPEC, "0", SILENCE)
    assert {(one.turns[1].content, one.untaught) for one in gone_on} == {("grave", (1,))}


def test_rows_of_another_length_than_the_benign_ones_are_told_of(
    toy: Model, dark: TraitVector, mixed: Corpus, benign: Corpus
) -> None:
    def longer(one: Row) -> Row:
        said = " ".join([one.turns[-1].content] * 4)
        return one.model_copy(update={"turns": (*one.turns[:-1], Turn(role="assistant", content=said))})

    alone = corpus([longer(one) for one in mixed.rows[:20]])
    assert any("the rate was not measured" in one for one in basis_of(screen(alone, dark, toy, SPEC, benign).report))
    same = screen(mixed.subset(set(range(101, 121))), dark, toy, SPEC, benign).report
    assert not any("was not measured" in one for one in basis_of(same))
