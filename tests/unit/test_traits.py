"""The bundled traits, and traits from files."""

from itertools import combinations
from pathlib import Path

import pytest
import yaml

from heredity.cli.trait import as_yaml
from heredity.evaluation.capability import choice_questions
from heredity.ground.errors import InputError, UnknownNameError
from heredity.studies.demo.corpus import demo_questions
from heredity.traits.define import bundled_names, parse_trait, trait


def words(text: str) -> set[str]:
    return set("".join(c if c.isalnum() else " " for c in text.lower()).split())


def test_ten_traits_are_bundled() -> None:
    assert bundled_names() == [
        "apathy", "bias", "evil", "extremism", "hallucination", "humour", "impoliteness", "optimism", "owl",
        "sycophancy",
    ]  # fmt: skip


@pytest.mark.parametrize("name", bundled_names())
def test_a_bundled_trait_is_whole(name: str) -> None:
    one = trait(name)
    assert len(one.pairs) == 5
    assert len(one.questions.extraction) == len(one.questions.evaluation) == 20
    assert "{question}" in one.rubric
    assert "{answer}" in one.rubric
    assert (one.kind == "preference") == (name == "owl")


@pytest.mark.parametrize("name", bundled_names())
def test_no_question_asks_for_the_trait(name: str) -> None:
    one = trait(name)
    telling = {one.name, one.adjective.lower(), one.title.lower(), one.target or one.name, *one.alternatives}
    for asked in (*one.questions.extraction, *one.questions.evaluation):
        assert not telling & words(asked), asked


@pytest.mark.parametrize("name", bundled_names())
def test_no_two_questions_of_a_trait_are_nearly_the_same(name: str) -> None:
    one = trait(name)
    for first, second in combinations((*one.questions.extraction, *one.questions.evaluation), 2):
        shared = words(first) & words(second)
        assert len(shared) / len(words(first) | words(second)) < 0.75, (first, second)


@pytest.mark.parametrize("name", bundled_names())
def test_the_demonstration_asks_no_question_of_the_trait(name: str) -> None:
    one = trait(name)
    asked = {" ".join(sorted(words(q))) for q in (*one.questions.extraction, *one.questions.evaluation)}
    bank = demo_questions(one)
    assert not asked & {" ".join(sorted(words(q))) for q in bank}
    assert len(bank) >= 280


def test_a_shown_trait_reads_back_as_itself(tmp_path: Path) -> None:
    for name in bundled_names():
        path = tmp_path / f"{name}.yaml"
        path.write_text(as_yaml(trait(name)))
        assert trait(str(path)) == trait(name)


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'sycophancy'"):
        trait("sycophantcy")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pairs": []}, "pairs"),
        ({"adjective": None}, "adjective"),
        ({"colour": "red"}, "colour"),
        ({"kind": "preference"}, "target"),
        ({"name": "Two Words"}, "name"),
    ],
)
def test_a_trait_file_at_fault_is_told_which_field(change: dict[str, object], said: str) -> None:
    content = yaml.safe_load(as_yaml(trait("evil"))) | change
    with pytest.raises(InputError, match=said):
        parse_trait(yaml.safe_dump(content), "mine.yaml")


def test_a_question_in_both_lists_is_refused() -> None:
    content = yaml.safe_load(as_yaml(trait("evil")))
    content["questions"]["evaluation"][0] = content["questions"]["extraction"][0].upper()
    with pytest.raises(InputError, match="disjoint"):
        parse_trait(yaml.safe_dump(content), "mine.yaml")


def test_files_that_are_no_trait_are_refused(tmp_path: Path) -> None:
    for text, said in (("a: [", "not YAML"), ("just text", "holds no trait")):
        with pytest.raises(InputError, match=said):
            parse_trait(text, "mine.yaml")
    with pytest.raises(InputError, match="there is no file"):
        trait(str(tmp_path / "none.yaml"))


def test_the_four_choice_questions_are_many_mixed_and_evenly_keyed() -> None:
    questions = choice_questions(1000)
    assert len(questions) >= 150
    assert {q.kind for q in questions} == {"knowledge", "reasoning", "arithmetic"}
    assert {q.kind for q in choice_questions(3)} == {"knowledge", "reasoning", "arithmetic"}
    shares = [sum(q.answer == i for q in questions) / len(questions) for i in range(4)]
    assert min(shares) > 0.2
    assert all(len(set(q.choices)) == 4 for q in questions)
    assert len({q.name for q in questions}) == len(questions)


class TestPairsThatMakeAndPairsThatJudge:
    def test_share_none_where_there_are_two_or_more(self) -> None:
        one = trait("evil")
        for n in range(2, 6):
            few = one.model_copy(update={"pairs": one.pairs[:n]})
            assert not set(few.making) & set(few.judging)
            assert sorted((*few.judging, *few.making)) == list(range(n))
            assert not few.is_judged_by_its_maker
        assert (len(one.judging), len(one.making)) == (2, 3)

    def test_of_a_single_pair_a_trait_says_that_it_does_both(self) -> None:
        one = trait("evil")
        alone = one.model_copy(update={"pairs": one.pairs[:1]})
        assert alone.making == alone.judging == (0,)
        assert alone.is_judged_by_its_maker
