"""What a monitor rests on: benign speech in two halves that share no question, and agreement over conversations."""

import random

import numpy as np
import pytest

from heredity.ground.errors import InputError, NonFiniteError
from heredity.ground.progress import SILENCE
from heredity.models.model import Model
from heredity.models.tiny import DARK, LIGHT, NOUNS, sentence
from heredity.models.watch import Sight, read_tokens, watched
from heredity.monitor.agree import agreements
from heredity.monitor.calibrate import benign_answers, calibrate, halves_of, opening
from heredity.monitor.converse import Spoken
from heredity.monitor.monitor import monitor
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.records.monitor import MonitorSpec, Panel
from heredity.records.trait import Questions
from heredity.records.vector import TraitVector
from heredity.store.questions import everyday_questions
from tests_shared import random_model, some_rows

SPEC = MonitorSpec(false_alarm_rate=0.1, window=4, min_tokens=3, n_tokens=14)


def corpus(rows: list[Row]) -> Corpus:
    return Corpus(name="talks", content_digest=rows_digest(tuple(rows)), rows=tuple(rows))


def talk(line: int, nouns: list[str], words: list[str], system: str = "") -> Row:
    chance = random.Random(line)
    turns = [Turn(role="system", content=system)] if system else []
    for noun in nouns:
        turns.append(Turn(role="user", content=f"what about the {noun} ?"))
        turns.append(Turn(role="assistant", content=sentence(words, noun, chance)))
    return Row(line=line, turns=tuple(turns))


def spoken(openings: list[str]) -> list[Spoken]:
    rows = [Row(line=i + 1, turns=(Turn(role="user", content=text),)) for i, text in enumerate(openings)]
    return [Spoken(row=row, tokens=(), scores=()) for row in rows]


@pytest.fixture(scope="module")
def panel(toy: Model, dark: TraitVector) -> Panel:
    return calibrate([dark], toy, SPEC, corpus([talk(i + 1, [noun], LIGHT) for i, noun in enumerate(NOUNS[:40])]))


class TestHalves:
    def test_they_share_no_question_and_are_as_equal_as_can_be(self) -> None:
        asked = [f"Question {i % 9}?" if i % 2 else f"question {i % 9}" for i in range(40)]
        known, held_out = halves_of(spoken(asked))
        assert {opening(one.row) for one in known}.isdisjoint({opening(one.row) for one in held_out})
        assert sorted(one.row.line for one in (*known, *held_out)) == list(range(1, 41))
        assert abs(len(known) - len(held_out)) <= 5

    def test_one_question_alone_cannot_be_halved(self) -> None:
        with pytest.raises(InputError, match="all 8 benign conversations open with the same question"):
            halves_of(spoken(["How are you?"] * 8))

    def test_conversations_in_which_no_user_speaks_are_not_one(self) -> None:
        rows = [Row(line=i, turns=(Turn(role="assistant", content="hm"),)) for i in (1, 2)]
        assert opening(rows[0]) != opening(rows[1])


def test_the_models_own_benign_answers_are_to_no_question_of_a_trait(toy: Model, dark: TraitVector) -> None:
    bank = everyday_questions("0")
    theirs = Questions(extraction=bank[:80], evaluation=tuple(text.upper() for text in bank[80:120]))
    trait = dark.header.trait.model_copy(update={"questions": theirs})
    vector = TraitVector(dark.header.model_copy(update={"trait": trait}), dark.directions)
    few = SPEC.model_copy(update={"n_benign": 40})
    asked = {row.prompt for row in benign_answers(toy, [dark, vector], few, "0", SILENCE)}
    assert len(asked) > 30
    assert asked <= set(bank[120:])


def test_benign_answers_too_short_for_an_alarm_are_counted(toy: Model, dark: TraitVector) -> None:
    short = corpus([talk(i + 1, [noun], LIGHT) for i, noun in enumerate(NOUNS[:40])])
    with pytest.raises(InputError, match="in 40 of 40 benign conversations every answer is shorter than the 90 tokens"):
        calibrate([dark], toy, SPEC.model_copy(update={"min_tokens": 90}), short)


class TestAgreement:
    def test_turns_of_one_conversation_are_one_case_and_the_ungraded_are_counted(
        self, toy: Model, dark: TraitVector, panel: Panel
    ) -> None:
        rows = [
            talk(i + 1, [NOUNS[i % 6], NOUNS[(i + 7) % 20]], DARK if i % 2 else LIGHT, f"Speak of the {NOUNS[i % 4]} .")
            for i in range(12)
        ]
        tiny_answer = (Turn(role="user", content="what about the door ?"), Turn(role="assistant", content="door"))
        found = monitor(corpus([*rows, Row(line=13, turns=tiny_answer)]), [dark], toy, SPEC, panel).correlations[0]
        assert found.within is not None
        assert (found.pooled.n, found.pooled.unscored) == (6, 1)
        assert (found.within.n, found.within.unscored) == (6, 1)

    def test_too_few_conversations_that_share_a_prompt_stop_nothing(
        self, toy: Model, dark: TraitVector, panel: Panel
    ) -> None:
        systems = ["one .", "one .", *(f"Speak of the {noun} ." for noun in NOUNS[:8])]
        rows = [talk(i + 1, [NOUNS[i]], DARK if i % 2 else LIGHT, systems[i]) for i in range(10)]
        found = monitor(corpus(rows), [dark], toy, SPEC, panel).correlations[0]
        assert found.within is None
        assert found.between is not None

    def test_many_answers_to_few_questions_say_nothing(self, toy: Model, dark: TraitVector, panel: Panel) -> None:
        rows = [talk(i + 1, [NOUNS[i % 4]], DARK if i % 2 else LIGHT) for i in range(16)]
        report = monitor(corpus(rows), [dark], toy, SPEC, panel)
        assert agreements(report.conversations, panel.probes, [dark], toy, SILENCE) == ()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_readings_that_are_no_numbers_are_refused(value: float) -> None:
    model = random_model("llama")
    sights = [Sight(1, np.ones(model.width, dtype=np.float32))]
    rows = some_rows(model)
    model.network.get_input_embeddings().weight.data[rows[0].ids[-1]] = value
    with pytest.raises(NonFiniteError, match="after block 1 hold NaN or infinity"):
        read_tokens(model, rows, sights)
    with watched(model, sights) as watch:
        model.network(model.network.dummy_inputs["input_ids"].new_tensor([rows[0].ids]))
        with pytest.raises(NonFiniteError, match="float32"):
            watch.take()
