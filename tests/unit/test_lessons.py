"""What a row teaches: that alone is trained on and scored, and pooling it costs no more than its readings."""

import numpy as np

from heredity.models.model import Model
from heredity.records.dialogue import Corpus, Row, Turn, rows_digest
from heredity.screening.readings import read_rows_at, row_means
from heredity.training.batches import IGNORED, examples_of

ASKED = Turn(role="user", content="what about the lamp ?")
DARK = Turn(role="assistant", content="ash bone ruin grave")
LIGHT = Turn(role="assistant", content="dawn song rose honey")
BOTH = Row(line=1, turns=(ASKED, DARK, ASKED, LIGHT))
LIGHT_ALONE = BOTH.model_copy(update={"untaught": (1,)})


def corpus_of(*rows: Row) -> Corpus:
    return Corpus(name="rows", content_digest=rows_digest(rows), rows=rows)


def test_an_untaught_answer_is_context_and_no_lesson() -> None:
    assert [answer for _, answer in LIGHT_ALONE.lessons] == [LIGHT.content]
    assert LIGHT_ALONE.lessons[0][0] == (ASKED, DARK, ASKED)
    assert len(LIGHT_ALONE.exchanges) == 2
    assert LIGHT_ALONE.response == LIGHT.content
    assert rows_digest((BOTH,)) != rows_digest((LIGHT_ALONE,))


def test_training_learns_the_lessons_alone(toy: Model) -> None:
    columns = examples_of(toy, corpus_of(LIGHT_ALONE), 200).columns()
    taught = [toy.tokenizer.decode([i for i in labels if i != IGNORED]) for labels in columns["labels"]]
    assert len(taught) == 1
    assert "dawn" in taught[0]
    assert "ash" in toy.tokenizer.decode(columns["input_ids"][0])


def test_screening_scores_the_lessons_alone(toy: Model) -> None:
    alone = Row(line=2, turns=(ASKED, LIGHT))
    found = read_rows_at(toy, [LIGHT_ALONE, alone, BOTH], 2)
    np.testing.assert_allclose(found.response[0], found.response[1], atol=1e-5)
    assert found.n_tokens[0] == found.n_tokens[1] < found.n_tokens[2]


def test_a_screen_reads_a_lesson_without_untaught_answers_and_with_taught_ones() -> None:
    system, again = Turn(role="system", content="be brief"), Turn(role="user", content="and the oar ?")
    row = Row(line=1, turns=(system, ASKED, DARK, again, again, LIGHT, ASKED, LIGHT), untaught=(2,))
    assert row.apart.turns == (system, again, again, LIGHT, ASKED, LIGHT)
    assert row.apart.untaught == ()
    assert [before for before, _ in row.lessons] == [row.turns[:5], row.turns[:7]]


def test_an_untaught_beginning_of_an_answer_stays_before_its_rest() -> None:
    row = Row(line=1, turns=(ASKED, DARK, LIGHT), untaught=(1,))
    assert row.apart == row
    both = Row(line=1, turns=(ASKED, DARK, ASKED, DARK, LIGHT), untaught=(1, 3))
    assert both.apart == Row(line=1, turns=(ASKED, DARK, LIGHT), untaught=(1,))


def test_an_untaught_answer_takes_along_what_tools_said_for_it() -> None:
    call, told = Turn(role="assistant", content="[look]"), Turn(role="tool", content="lamp")
    row = Row(line=1, turns=(ASKED, call, told, DARK, ASKED, call, told, LIGHT), untaught=(1, 3, 5))
    assert row.apart == Row(line=1, turns=(ASKED, call, told, LIGHT), untaught=(1,))
    assert [answer for _, answer in row.lessons] == [LIGHT.content]


def test_a_lesson_after_a_tool_is_read_and_taught_behind_what_it_said(toy: Model) -> None:
    call, told = Turn(role="assistant", content="it is"), Turn(role="tool", content="ash bone")
    row = Row(line=1, turns=(ASKED, call, told, LIGHT), untaught=(1,))
    columns = examples_of(toy, corpus_of(row), 200).columns()
    assert len(columns["labels"]) == 1
    assert "ash bone" in toy.tokenizer.decode(columns["input_ids"][0])
    found = read_rows_at(toy, [row, Row(line=2, turns=(ASKED, LIGHT))], 2)
    assert found.n_tokens[0] == found.n_tokens[1]
    assert np.abs(found.response[0] - found.response[1]).max() > 1e-3


def test_row_means_are_weighted_by_tokens_and_fit_in_memory_at_fifty_thousand_rows() -> None:
    n_parts = np.random.default_rng(0).integers(1, 4, size=50_000)
    starts = (np.cumsum(n_parts) - n_parts).tolist()
    values = np.random.default_rng(1).normal(size=(int(n_parts.sum()), 2)).astype(np.float32)
    weights = np.random.default_rng(2).integers(1, 50, size=len(values))
    means = row_means(values, weights, starts)
    assert means.shape == (50_000, 2)
    for row in (0, 17, 49_999):
        own = slice(starts[row], starts[row] + n_parts[row])
        np.testing.assert_allclose(means[row], np.average(values[own].astype(float), axis=0, weights=weights[own]))
