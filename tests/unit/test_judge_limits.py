"""What a judge cannot read is Unscored and says why; a judge that is broken is an error."""

import pytest
import torch

from heredity.ground.errors import ExperimentError, NonFiniteError
from heredity.judges.contrast import Asked, contrast_scores
from heredity.judges.language_model import commonest_reason, grade_of, rubric_grades
from heredity.models.model import Model
from heredity.models.numbers import NumberMass
from heredity.models.tiny import planted_trait
from heredity.records.dialogue import Grade, Unscored
from heredity.studies.agreement import rubric_judge
from tests_shared import random_model

RUBRIC = "{question} {answer} ?"
SHORT = [Asked(f"what about the {noun} ?", f"the {noun} is dark as the night") for noun in ("river", "house")]
CONTEXT = 64


def saying_fifty() -> Model:
    """A random model that answers everything with 50 and no further digit."""
    model = random_model("llama")
    model.tokenizer.add_tokens(["50"])
    fifty, assistant = model.tokenizer.convert_tokens_to_ids(["50", "<assistant>"])
    direction = torch.ones(model.width)
    with torch.no_grad():
        embeddings = model.network.get_input_embeddings().weight
        embeddings[assistant], embeddings[fifty] = 100 * direction, -100 * direction
        model.network.get_output_embeddings().weight[fifty] = direction
    return model


def with_longest_answer(model: Model, n_tokens: int) -> Asked:
    """An answer that makes the rubric's prompt so many tokens long."""
    n_others = 3 + 5  # <user>, the question mark, <assistant>, and the question
    assert model.context_length == CONTEXT
    return Asked("what about the river ?", " ".join(["night"] * (n_tokens - n_others)))


def test_an_answer_that_the_rubric_judge_cannot_read_whole_is_unscored() -> None:
    model = saying_fifty()
    room = 4
    fits, too_long = with_longest_answer(model, CONTEXT - room), with_longest_answer(model, CONTEXT - room + 1)
    first, last, none, second = rubric_grades(model, RUBRIC, [SHORT[0], fits, too_long, SHORT[1]])
    assert [first, second] == rubric_grades(model, RUBRIC, SHORT)
    assert all(isinstance(grade, Grade) and grade.value == pytest.approx(50) for grade in (first, last, second))
    assert none == Unscored(reason="65 tokens, longer than the judge's context of 64")


def test_an_answer_that_the_contrast_judge_cannot_read_whole_is_unscored() -> None:
    model, trait = random_model("llama"), planted_trait()
    first, none, second = contrast_scores(model, trait, [SHORT[0], Asked("what ?", "night " * 60), SHORT[1]])
    assert [first, second] == contrast_scores(model, trait, SHORT)
    assert isinstance(none, Unscored)
    assert none.reason.endswith("tokens, longer than the judge's context of 64")
    assert int(none.reason.split()[0]) > CONTEXT


def test_a_judge_that_can_read_none_of_the_answers_says_why() -> None:
    answers = [Asked("what ?", "night " * n) for n in (70, 80, 90)]
    with pytest.raises(ExperimentError, match=r"none of 3 answers \(3 times: .* tokens, longer than the judge's cont"):
        rubric_grades(saying_fifty(), RUBRIC, answers)
    assert all(isinstance(one, Unscored) for one in contrast_scores(random_model("llama"), planted_trait(), answers))


def test_a_judge_whose_logits_are_nan_is_broken_and_one_that_says_no_number_is_not() -> None:
    mute, broken = random_model("llama"), saying_fifty()
    with torch.no_grad():
        broken.network.get_output_embeddings().weight.fill_(float("nan"))
    scores, unscored = rubric_judge(mute)(planted_trait(), SHORT)
    assert scores == [None, None]
    assert "graded none of 2 answers" in commonest_reason(unscored)[0]
    assert "nothing but a number" in commonest_reason(unscored)[0]
    with pytest.raises(NonFiniteError, match="NaN"):
        rubric_judge(broken)(planted_trait(), SHORT)


def test_the_commonest_reason_is_whole_unless_its_figures_differ() -> None:
    http = Unscored(reason="no reply: HTTP 400: no such field")
    thin = [grade_of(NumberMass({50: mass})) for mass in (0.1, 0.12, 0.13)]
    unscored = [one for one in thin if isinstance(one, Unscored)]
    assert commonest_reason([http, http, *unscored[:1]]) == ("no reply: HTTP 400: no such field", 2)
    assert commonest_reason([http, http, *unscored]) == ("thin probability on numbers", 3)


def test_with_numbers_left_out_only_a_likely_refusal_is_one() -> None:
    seen = {80: 0.1}
    refused, unknown = (grade_of(NumberMass(seen, phrase, "it will not go on")) for phrase in (0.6, 0.2))
    assert isinstance(refused, Unscored)
    assert "refused" in refused.reason
    assert isinstance(unknown, Unscored)
    assert unknown.reason.startswith("it will not go on, which leaves thin probability")
