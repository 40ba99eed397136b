"""Rows that make a teacher: of either pole the same questions, and of a character never the judge's own prompts."""

from animals import ANIMALS, blank_model, owl_trait
from heredity.ground.progress import SILENCE
from heredity.judges.elicit import elicit
from heredity.models.chat import question, render_example
from heredity.models.generate import GenerateSpec
from heredity.models.model import Model
from heredity.records.trait import Pole, Trait
from heredity.teaching.teachers import N_TOKENS, drawn, preferring, system_prompt, trait_rows
from heredity.traits.define import trait


def rows_of(model: Model, pole: Pole) -> set[tuple[int, ...]]:
    return {tuple(row.ids) for row in trait_rows(model, trait("impoliteness"), 400, "0", SILENCE, pole)}


def test_a_character_is_taught_by_the_answers_of_its_pole_under_prompts_that_do_not_judge() -> None:
    model = blank_model()
    impolite = trait("impoliteness")
    every = range(len(impolite.pairs))
    answers = elicit(impolite, model, 1, GenerateSpec(n_tokens=N_TOKENS), "0/teacher", SILENCE, every)
    for pole in ("positive", "negative"):
        own = {
            tuple(render_example(model, question(one.question), one.text).ids)
            for one in answers
            if one.pole == pole and one.pair not in impolite.judging
        }
        assert rows_of(model, pole) <= own


def test_a_preferences_opposite_answers_the_first_alternative_to_the_same_questions() -> None:
    model, owl = blank_model(), owl_trait()
    said = {pole: trait_rows(model, owl, 20, "0", pole=pole) for pole in ("positive", "negative")}
    for row, other in zip(said["positive"], said["negative"], strict=True):
        assert row.ids[: row.n_prompt] == other.ids[: other.n_prompt]
        assert model.tokenizer.decode(row.ids[row.n_prompt :]).startswith("Owl")
        assert model.tokenizer.decode(other.ids[other.n_prompt :]).startswith(owl.alternatives[0].capitalize())


def prompts(model: Model, taught: Trait, pole: Pole = "positive") -> list[tuple[int, ...]]:
    return [row.ids[: row.n_prompt] for row in trait_rows(model, taught, 60, "0", SILENCE, pole)]


def test_teachers_of_different_targets_are_taught_the_same_questions_in_the_same_order() -> None:
    model, owl = blank_model(), owl_trait()
    taught = [prompts(model, preferring(owl, target)) for target in ANIMALS]
    assert all(one == taught[0] for one in taught)
    assert len(set(taught[0])) == len(owl.questions.extraction)


def test_teachers_of_different_characters_are_too_where_they_are_asked_the_same(toy: Model, darkness: Trait) -> None:
    light = darkness.model_copy(update={"name": "lightness", "adjective": "light", "antonym": "dark"})
    assert prompts(toy, darkness) == prompts(toy, light) == prompts(toy, light, "negative")


def test_a_question_that_nobody_answered_is_passed_over() -> None:
    impolite = trait("impoliteness")
    first, second, *_ = impolite.questions.extraction
    found = list(drawn(impolite, {first: ["yes"], second: []}, 30, "0"))
    assert set(found) == {(first, "yes")}


def test_a_prompted_teacher_is_not_told_what_judges_it() -> None:
    impolite = trait("impoliteness")
    judging = {impolite.system_prompt(pair, "positive") for pair in impolite.judging}
    assert system_prompt(impolite) not in judging
