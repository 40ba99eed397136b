"""Baselines say what they say: more tokens, more loss, rarer words."""

import numpy as np

from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.records.dialogue import Corpus, Turn
from heredity.screening.baselines import baselines, rarity_of
from heredity.screening.readings import fitting


def test_words_that_benign_rows_lack_are_rare() -> None:
    usual = ["take your time and be kind", "be patient and take your time"]
    common, mixed, strange, empty = rarity_of(["Take your time.", "take the sword", "burn all villages", "..."], usual)
    assert 0 < common < mixed < strange
    assert empty == 0


def test_rows_of_two_answers_count_both_and_come_in_the_order_asked_for(toy: Model, rows: Corpus) -> None:
    first, second, *_ = rows.rows
    both = first.model_copy(update={"turns": (*first.turns, *second.turns), "line": 7})
    fit = fitting(toy, [first, both])
    found = baselines(toy, fit, rows.rows, [7, 1])
    likelihood = log_likelihood(toy, fit.parts)
    assert found["length"].tolist() == [likelihood.n_tokens[1:].sum(), likelihood.n_tokens[0]]
    assert np.allclose(
        found["loss"], [-likelihood.total[1:].sum() / likelihood.n_tokens[1:].sum(), -likelihood.mean[0]]
    )


def test_a_longer_and_less_likely_answer_has_more_of_both(toy: Model, rows: Corpus) -> None:
    row = rows.rows[0]
    answer = row.turns[-1].content
    jumbled = " ".join(reversed(f"{answer} {answer}".split()))
    worse = row.model_copy(update={"turns": (row.turns[0], Turn(role="assistant", content=jumbled)), "line": 2})
    found = baselines(toy, fitting(toy, [row, worse]), rows.rows, [1, 2])
    assert found["length"][1] > found["length"][0]
    assert found["loss"][1] > found["loss"][0]
