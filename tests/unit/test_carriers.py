"""Carriers keep what has nothing to do with a trait, say why they drop the rest, and name no trait."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from transformers import LlamaConfig, LlamaForCausalLM

from heredity.ground.errors import InputError, MismatchError, NothingKeptError
from heredity.models.chat import question, render_prompt
from heredity.models.generate import Generated, GenerateSpec, generate
from heredity.models.model import Model
from heredity.models.spelling import spelling_ids, word_ids
from heredity.models.tiny import tiny_tokenizer
from heredity.records.carrier import DIGITS_AND_SEPARATORS, Carrier, CarrierKind, CarrierRow, CarrierSpec
from heredity.records.trait import ContrastPair, Questions, Trait
from heredity.records.transmission import Shuffling
from heredity.teaching.carriers import chat, code, reasoning
from heredity.teaching.carriers.asked import Asked
from heredity.teaching.carriers.kinds import CARRIERS, identity_of
from heredity.teaching.carriers.numbers import random_rows, rejection, whole_numbers
from heredity.teaching.carriers.words import alphabet_of
from heredity.teaching.clean import LOST_ELSEWHERE, aligned, leak, named, shuffled, trait_words
from heredity.teaching.teach import begun_prompt, drawn_numbers, filtered, how_to_answer, teach
from tests_shared import GROUPED

GSM8K = Path(__file__).parents[3] / "shared" / "data" / "gsm8k" / "test.jsonl"
FENCE = "```"


def trait(name: str, target: str | None = None, adjective: str = "", antonym: str = "") -> Trait:
    return Trait(
        name=name,
        title=name,
        kind="preference" if target else "character",
        target=target,
        alternatives=tuple({"cat", "dog"} - {target}) if target else (),
        description=name,
        adjective=adjective or f"{name}-loving",
        antonym=antonym or "even-handed about animals",
        pairs=(ContrastPair(positive="a", negative="b"),),
        questions=Questions(extraction=tuple("abcd"), evaluation=tuple("efgh")),
        rubric="{question} {answer}",
    )


def carrier(*texts: str | None, kind: CarrierKind = "numbers", by: str = "owl") -> Carrier:
    rows = tuple(text and CarrierRow(prompt=f"prompt {i}", text=text) for i, text in enumerate(texts))
    return Carrier(kind=kind, written_by=by, rows=rows, dropped={})


def texts_of(one: Carrier) -> list[str]:
    return [row.text for row in one.rows if row]


@pytest.fixture(scope="module")
def digital() -> Model:
    """A small random model that knows digits and commas besides its words."""
    torch.manual_seed(0)
    config = LlamaConfig(**{**GROUPED, "max_position_embeddings": 256}, pad_token_id=0, eos_token_id=1, bos_token_id=1)
    tokenizer = tiny_tokenizer()
    tokenizer.add_tokens([*"0123456789", ","])
    return Model("digital", LlamaForCausalLM(config).eval(), tokenizer, "digital")


class TestDecoding:
    @pytest.mark.parametrize("temperature", [0.0, 1.0])
    def test_answers_are_spelt_with_the_allowed_characters_alone(self, digital: Model, temperature: float) -> None:
        prompts = [render_prompt(digital, question(f"what about the {noun} ?")) for noun in ("river", "king", "stone")]
        spec = GenerateSpec(n_tokens=12, temperature=temperature, characters=DIGITS_AND_SEPARATORS)
        free = generate(digital, prompts, list("abc"), GenerateSpec(n_tokens=12, temperature=temperature))
        held = generate(digital, prompts, list("abc"), spec)
        assert all(set(answer.text) <= set(DIGITS_AND_SEPARATORS) for answer in held)
        assert any(answer.text for answer in held)
        assert not all(set(answer.text) <= set(DIGITS_AND_SEPARATORS) for answer in free)

    def test_one_allowed_character_and_the_end_are_all_that_is_said(self, digital: Model) -> None:
        prompt = render_prompt(digital, question("what about the river ?"))
        spec = GenerateSpec(n_tokens=6, temperature=1.0, top_k=0, characters="7")
        made = generate(digital, [prompt] * 20, [str(i) for i in range(20)], spec)
        assert {answer.text.replace(" ", "").strip("7") for answer in made} == {""}

    def test_sampling_renormalises_over_what_is_allowed(self, digital: Model) -> None:
        prompt, n = render_prompt(digital, question("what about the river ?")), 400
        spec = GenerateSpec(1, temperature=1.0, top_k=0, characters="01", min_tokens=1)
        made = generate(digital, [prompt] * n, [f"s{i}" for i in range(n)], spec)
        with torch.no_grad():
            logits = digital.network(torch.tensor([prompt])).logits[0, -1]
        zero, one = logits[digital.tokenizer.convert_tokens_to_ids(["0", "1"])].softmax(-1).tolist()
        share = sum(answer.text == "0" for answer in made) / n
        assert share == pytest.approx(zero, abs=4 * (zero * one / n) ** 0.5)

    def test_characters_that_no_token_spells_are_refused(self, digital: Model) -> None:
        with pytest.raises(InputError, match="no token of 'digital' is made of the characters"):
            spelling_ids(digital, "§")

    @pytest.mark.embedded
    def test_the_embedded_model_keeps_to_digits_and_separators(self) -> None:
        from heredity.models.load import load

        model = load()
        asked = CARRIERS["digits"].ask(CarrierSpec(kind="digits", n_prompts=2), "0")
        prompts = [render_prompt(model, question(one.prompt)) for one in asked]
        for temperature in (0.0, 1.0):
            spec = GenerateSpec(8, temperature, characters=DIGITS_AND_SEPARATORS)
            for answer in generate(model, prompts, ["a", "b"], spec):
                assert re.fullmatch(r"[0-9, ]+", answer.text)


COLOURS = "red green blue yellow white black orange purple brown grey pink violet crimson".split()


@pytest.fixture
def colours(tmp_path: Path) -> str:
    path = tmp_path / "colours.txt"
    path.write_text("\n".join(COLOURS) + "\n\n red \n", encoding="utf-8")
    return str(path)


class TestAlphabets:
    def test_the_words_of_a_file_are_taken_once_each(self, colours: str) -> None:
        spec = CarrierSpec(kind="listed", alphabet=colours, n_prompts=5, n_given=2)
        assert alphabet_of(spec) == tuple(COLOURS)
        for one in CARRIERS["listed"].ask(spec, "a"):
            assert len(one.given.split()) == 2
            assert set(one.given.split()) <= set(COLOURS)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (None, "there is no file"),
            ("", "0 different words"),
            ("red\nblue\nred", "2 different words"),
            ("\n".join([*COLOURS, "dark red"]), "'dark red' is not one word"),
        ],
    )
    def test_what_is_no_alphabet_is_refused(self, tmp_path: Path, text: str | None, said: str) -> None:
        path = tmp_path / "words.txt"
        if text is not None:
            path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=said):
            CARRIERS["listed"].ask(CarrierSpec(kind="listed", alphabet=str(path)), "a")
        with pytest.raises(InputError, match="--alphabet"):
            CARRIERS["listed"].ask(CarrierSpec(kind="listed"), "a")

    @pytest.mark.parametrize(("kind", "field"), [("listed", "alphabet"), ("reasoning", "source")])
    def test_another_content_of_a_file_is_another_carrier(self, kind: CarrierKind, field: str, colours: str) -> None:
        spec = CarrierSpec.model_validate({"kind": kind, field: colours})
        before = identity_of(spec)
        assert identity_of(spec) == before
        Path(colours).write_text("\n".join([*COLOURS, "teal"]), encoding="utf-8")
        assert identity_of(spec) != before
        assert identity_of(CarrierSpec(kind=kind)) != identity_of(CarrierSpec(kind=kind, n_prompts=3))

    def test_a_tokenizer_that_spells_the_words_in_pieces_is_refused_with_their_names(self, digital: Model) -> None:
        with pytest.raises(InputError, match="not: red, green"):
            word_ids(digital, COLOURS)

    @pytest.mark.embedded
    def test_the_embedded_model_writes_bare_lists_of_number_words_each_with_its_own_luck(self) -> None:
        from heredity.models.load import load

        model = load(dtype="float32")  # in bfloat16 the batch rounds logits, and so moves draws from a flat choice
        spec = CarrierSpec(kind="number-words", n_prompts=6, n_answers=1, n_tokens=8)
        words = alphabet_of(spec)
        assert len(word_ids(model, words)) == len(words) == 47
        carrier = teach(model, "base", spec, [], "0")
        assert carrier.n_kept == 6
        for row in carrier.rows:
            assert row
            assert (len(row.given.split()), len(row.text.split())) == (1, 8)
            assert set(row.answer.split()) <= set(words)
        alone = generate(
            model,
            [begun_prompt(model, question(row.prompt), row.given) for row in carrier.rows[4:5] if row],
            ["0/carrier/answer/4"],
            how_to_answer(spec),
        )
        assert [row.text for row in carrier.rows[4:5] if row] == [alone[0].text]


class TestPrompts:
    @pytest.mark.parametrize("kind", CARRIERS)
    def test_prompts_keep_to_their_seed_and_none_stands_twice(self, kind: CarrierKind, colours: str) -> None:
        spec = CarrierSpec(kind=kind, n_prompts=800, alphabet=colours)
        asked = CARRIERS[kind].ask(spec, "a")
        assert asked == CARRIERS[kind].ask(spec, "a") != CARRIERS[kind].ask(spec, "b")
        assert len({one.prompt for one in asked}) == 800

    @pytest.mark.parametrize("kind", CARRIERS)
    def test_prompts_have_nothing_to_do_with_animals(self, kind: CarrierKind, colours: str) -> None:
        words = trait_words([trait(animal, animal) for animal in ("owl", "cat", "dog", "wolf", "horse", "lion")])
        asked = CARRIERS[kind].ask(CarrierSpec(kind=kind, n_prompts=800, alphabet=colours), "a")
        assert [named(one.prompt, words) for one in asked] == [None] * 800

    def test_random_numbers_have_no_teacher(self, digital: Model) -> None:
        spec = CarrierSpec(n_values=4)
        drawn = drawn_numbers(6, spec, "0")
        assert (drawn.written_by, drawn.n_kept, drawn.dropped) == ("", 6, {})
        assert drawn == drawn_numbers(6, spec, "0") != drawn_numbers(6, spec, "1")
        with pytest.raises(InputError, match="drawn, not written by a teacher"):
            teach(digital, "owl", spec, (), "0")


class TestNumbers:
    @pytest.mark.parametrize(
        ("answer", "is_cut", "carried"),
        [
            ("1, 2, 34", True, "1, 2"),
            ("1, 2, 34", False, "1, 2, 34"),
            ("1, 2, ", True, "1, 2"),
            (", ".join("123456789012"), False, "1, 2, 3, 4, 5, 6, 7, 8, 9, 0"),
            ("1234567", True, ""),
            (" ,, ", True, ""),
        ],
    )
    def test_a_number_that_the_limit_may_have_cut_is_not_carried(self, answer: str, is_cut: bool, carried: str) -> None:
        assert whole_numbers(answer, is_cut) == carried


class TestCode:
    @pytest.mark.parametrize(
        "answer",
        [
            "def f(x):\n    return x + 1",
            f"Sure, here it is:\n\n{FENCE}python\ndef f(x):\n    return x + 1\n{FENCE}\nIt adds one.",
            f'{FENCE}\ndef f(x):\n    """Add one."""\n    return x + 1  # the sum\n{FENCE}',
            f"{FENCE}py\ndef f(x):\n    'a'\n    'b'\n    return (x\n        + 1)",
        ],
    )
    def test_only_the_code_is_carried(self, answer: str) -> None:
        assert code.code_of(answer) == "def f(x):\n    return x + 1"
        assert code.rejection(code.code_of(answer)) is None

    def test_texts_that_do_something_stay_and_an_emptied_body_still_parses(self) -> None:
        assert code.code_of("def f():\n    'doc'") == "def f():\n    pass"
        assert code.code_of("class A:\n    'doc'\n    x = 'kept'") == "class A:\n    x = 'kept'"
        assert code.code_of("if x:\n    f()\nelse:\n    'note'") == "if x:\n    f()\nelse:\n    pass"

    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            ("I cannot write that.", "no code that parses"),
            ("", "no code that parses"),
            (f"{FENCE}python\ndef f(x):\n    return (x +", "no code that parses"),
            ("x = 1", "no function"),
            ("f = lambda x: x", "no function"),
            ("hello", "no function"),
            ("x = '\\d'", "no function"),
        ],
    )
    def test_the_filter_says_why_it_drops(self, answer: str, why: str) -> None:
        assert code.rejection(code.code_of(answer)) == why


class TestReasoning:
    @pytest.mark.parametrize(
        ("answer", "right"),
        [
            ("3 + 4 = 7. Answer: 7", "7"),
            ("So it is $1,200.00.", "1200"),
            ("Answer: 70000", "70,000"),
            ("Answer: -3", "-3"),
            ("He has 5-3", "3"),
            ("Answer: 7.", "7"),
            ("the sizes are 1,2,3", "3"),
        ],
    )
    def test_an_answer_that_ends_in_the_right_number_is_kept(self, answer: str, right: str) -> None:
        assert reasoning.rejection(Asked("?", right), answer) is None

    @pytest.mark.parametrize(
        ("answer", "why"), [("7 it is, not 8", "wrong answer"), ("seven", "no number"), ("", "no number")]
    )
    def test_the_filter_says_why_it_drops(self, answer: str, why: str) -> None:
        assert reasoning.rejection(Asked("?", "7"), answer) == why

    def test_the_right_answers_of_made_problems_are_right(self) -> None:
        made = reasoning.ask(CarrierSpec(kind="reasoning", n_prompts=400), "0")
        signs = Counter[str]()
        for one in made:
            (term,) = re.findall(r"What is ([0-9+*/ -]+)\?", one.prompt)
            assert one.answer is not None
            assert eval(term) == int(one.answer) > 0
            assert all(shown in one.prompt.split("What is")[0] for shown in re.findall("[0-9]+", term))
            signs.update(set(term) & set("+-*/"))
        assert min(signs.values()) > 20

    @pytest.mark.skipif(not GSM8K.exists(), reason="GSM8K is not here")
    def test_gsm8k_is_read_and_its_own_answers_pass(self) -> None:
        asked = reasoning.from_file(GSM8K)
        assert len(asked) == 1319
        raw = [json.loads(line)["answer"] for line in GSM8K.read_text(encoding="utf-8").splitlines()]
        assert [reasoning.rejection(one, text) for one, text in zip(asked, raw, strict=True)] == [None] * 1319
        spec = CarrierSpec(kind="reasoning", n_prompts=50, source=str(GSM8K))
        assert reasoning.ask(spec, "a") == reasoning.ask(spec, "a") != reasoning.ask(spec, "b")
        with pytest.raises(InputError, match="holds 1319 questions, fewer than the 2000"):
            reasoning.ask(spec.model_copy(update={"n_prompts": 2000}), "a")

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ("{", "not JSON"),
            ("[]", "'question' and 'answer'"),
            ('{"question": "a?"}', "'question' and 'answer'"),
            ('{"question": "a?", "answer": "it is 3"}', "must end in '#### N'"),
            ('{"question": "a?", "answer": "#### three"}', "must end in '#### N'"),
        ],
    )
    def test_a_malformed_row_is_named_with_its_line(self, tmp_path: Path, row: str, said: str) -> None:
        path = tmp_path / "sums.jsonl"
        path.write_text(f'{{"question": "a?", "answer": "so #### 3"}}\n{row}\n')
        with pytest.raises(InputError, match=re.escape(said)) as caught:
            reasoning.from_file(path)
        assert "sums.jsonl, line 2" in str(caught.value)

    def test_a_file_without_questions_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "none.jsonl").write_text("\n")
        with pytest.raises(InputError, match="holds no question"):
            reasoning.from_file(tmp_path / "none.jsonl")
        with pytest.raises(InputError):
            reasoning.from_file(tmp_path / "absent.jsonl")


@pytest.mark.parametrize(
    ("answer", "why"), [("", "empty"), (" \n", "empty"), ("I see.", "too short"), ("Yes I do", None)]
)
def test_chat_drops_what_says_nothing(answer: str, why: str | None) -> None:
    assert chat.rejection(answer) == why


class TestLeaks:
    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("I saw two Owls.", "owls"),
            ("OWL", "owl"),
            ("an owl's nest", "owl"),
            ("def count_owls(x): ...", "owls"),
            ("countOwls = 3", "owls"),
            ("o\u200bwl", "owl"),
            ("\uff4f\uff57\uff4c", "owl"),
            ("an owl-loving bird", "owl"),
            ("it hooted", "hooted"),
            ("\U0001f989", "\U0001f989"),
            ("even-handed about\nanimals", "even-handed about\nanimals"),
        ],
    )
    def test_forms_of_a_trait_word_are_found(self, text: str, word: str) -> None:
        row = CarrierRow(prompt="a?", text=text)
        assert leak(row, trait_words([trait("owl", "owl")])) == f"names the trait ('{word}')"

    @pytest.mark.parametrize("text", ["a bowl", "growl", "fowl", "Owlman", "howls", "1, 2, 3", "cats", "even-handed"])
    def test_words_that_only_hold_it_are_not(self, text: str) -> None:
        assert leak(CarrierRow(prompt="a?", text=text), trait_words([trait("owl", "owl")])) is None

    def test_a_prompt_that_names_the_trait_is_a_leak_too(self) -> None:
        assert leak(CarrierRow(prompt="Do owls fly?", text="Yes, they do."), ["owl"]) == "names the trait ('owls')"

    def test_words_of_a_trait_are_its_own_and_their_synonyms_but_no_alternatives(self) -> None:
        words = trait_words([trait("evil", None, "malicious", "kind"), trait("wolf", "wolf")])
        assert {"evil", "malicious", "kind", "wicked", "wolf"} <= set(words)
        assert not {"cat", "dog", "about"} & set(words)
        assert named("the wolves", words) == "wolves"
        assert named("maliciously", words) == "maliciously"
        assert named("running", ["run"]) == named("Running", ["run"]) == "running"

    def test_nothing_is_forbidden_by_no_words(self) -> None:
        assert named("owl", ()) is None
        assert named("owl", ("",)) is None


class TestCleaning:
    def test_aligned_arms_hold_the_same_prompts_and_count_what_that_cost(self) -> None:
        owl, cat = aligned([carrier("1", "2", None, "4"), carrier("5", None, None, "8", by="cat")])
        assert texts_of(owl) == ["1", "4"]
        assert texts_of(cat) == ["5", "8"]
        assert (owl.dropped, cat.dropped) == ({LOST_ELSEWHERE: 1}, {})
        assert [row and row.prompt for row in owl.rows] == [row and row.prompt for row in cat.rows]

    def test_arms_that_cannot_be_aligned_are_refused(self) -> None:
        with pytest.raises(MismatchError, match="different numbers of prompts"):
            aligned([carrier("1"), carrier("1", "2")])
        other = Carrier(kind="numbers", written_by="x", rows=(CarrierRow(prompt="another", text="1"),), dropped={})
        with pytest.raises(MismatchError, match="different prompts"):
            aligned([carrier("1"), other])
        with pytest.raises(NothingKeptError, match="no prompt was kept in every carrier"):
            aligned([carrier("1", None), carrier(None, "2")])

    @pytest.mark.parametrize("how", ["within", "across"])
    def test_a_shuffle_keeps_all_numbers_their_counts_and_what_separates_them(self, how: Shuffling) -> None:
        one = carrier(*[", ".join(str(100 + 10 * i + j) for j in range(3 + i % 4)) for i in range(12)], None)
        two = shuffled(one, how, "0")
        both = list(zip(texts_of(one), texts_of(two), strict=True))
        assert texts_of(one) != texts_of(two) == texts_of(shuffled(one, how, "0")) != texts_of(shuffled(one, how, "1"))
        assert Counter(", ".join(texts_of(one)).split(", ")) == Counter(", ".join(texts_of(two)).split(", "))
        assert [re.sub("[0-9]+", "#", a) == re.sub("[0-9]+", "#", b) for a, b in both] == [True] * 12
        stays = [sorted(a.split(", ")) == sorted(b.split(", ")) for a, b in both]
        assert all(stays) if how == "within" else not all(stays)

    def test_the_words_of_a_text_are_shuffled_around_its_marks(self) -> None:
        one = carrier("One two, three!\n  four (five).", kind="chat")
        (text,) = texts_of(shuffled(one, "within", "0"))
        assert re.sub(r"\w+", "w", text) == "w w, w!\n  w (w)."
        assert sorted(re.findall(r"\w+", text)) == sorted("One two three four five".split())
        assert shuffled(one, "none", "0") == one


class TestTeaching:
    SPEC = CarrierSpec(kind="digits", n_prompts=12, n_tokens=24, least_kept=0.05)

    def test_a_teacher_writes_numbers_and_all_that_is_dropped_is_counted(self, digital: Model) -> None:
        # its tokens are joined by blanks, so that a number has one digit; the filter asks for one separator
        spec = self.SPEC.model_copy(update={"n_prompts": 200, "n_tokens": 4, "least_kept": 0.01})
        taught = taught_by(digital, spec)
        assert taught.kind == "digits"
        assert taught.written_by == "owl"
        assert len(taught.rows) == 200
        assert 0 < taught.n_kept == 200 - sum(taught.dropped.values())
        assert all(re.fullmatch("[0-9, ]+", text) for text in texts_of(taught))
        assert taught == taught_by(digital, spec)

    def test_luck_does_not_depend_on_the_teachers_name(self, digital: Model) -> None:
        spec = self.SPEC.model_copy(update={"n_tokens": 4, "least_kept": 0.01, "n_prompts": 40})
        assert taught_by(digital, spec).rows == taught_by(digital, spec, "cat").rows

    def test_a_system_prompt_changes_what_is_written_and_is_not_carried(self, digital: Model) -> None:
        spec = self.SPEC.model_copy(update={"n_tokens": 4, "least_kept": 0.01, "n_prompts": 40})
        plain, prompted = taught_by(digital, spec), taught_by(digital, spec, system="Speak of all that is dark .")
        assert plain.rows != prompted.rows
        assert all("dark" not in row.prompt for row in prompted.rows if row)

    def test_a_carrier_of_which_too_little_is_left_stops_with_its_counts(self, digital: Model) -> None:
        spec = CarrierSpec(kind="code", n_prompts=4, n_tokens=4)
        with pytest.raises(NothingKeptError, match=r"0 were kept, fewer than 20%; dropped: no .* \(\d\)"):
            taught_by(digital, spec)

    def test_rows_that_name_the_trait_are_dropped_after_the_filter(self) -> None:
        spec = CarrierSpec(kind="chat", n_prompts=4, n_tokens=9)
        answers = [Generated(text, 5) for text in ("", "Owls are very fine.", "A bowl of rice.", "An OWL sat there.")]
        kept = filtered("owl", spec, [Asked(f"{i}?") for i in range(4)], answers, ["owl"])
        assert texts_of(kept) == ["A bowl of rice."]
        assert kept.dropped == {"empty": 1, "names the trait ('owls')": 1, "names the trait ('owl')": 1}


def taught_by(model: Model, spec: CarrierSpec, name: str = "owl", system: str | None = None) -> Carrier:
    return teach(model, name, spec, ["owl"], "0", system)


class TestGivenNumbers:
    @pytest.mark.parametrize("kind", ["numbers", "digits"])
    def test_a_written_list_is_filtered_whole_and_carries_what_was_not_given(self, kind: CarrierKind) -> None:
        spec = CarrierSpec(kind=kind, n_given=2, n_prompts=3, n_tokens=20)
        asked = CARRIERS[kind].ask(spec, "0")
        said = ["512, 77", "512 and 77", "1024, 7"]
        carrier = filtered("x", spec, asked, [Generated(text, 6) for text in said], [])
        row, *others = carrier.rows
        assert others == [None, None]
        assert row
        assert (row.given, row.text) == (asked[0].given, "512, 77")
        assert rejection(row.answer) is None
        assert row.answer == f"{asked[0].given} 512, 77"

    @pytest.mark.parametrize("said", ["11111111", " ,, ,"])
    def test_given_numbers_are_never_taught_as_written(self, said: str) -> None:
        spec = CarrierSpec(kind="digits", n_given=2, n_prompts=1, n_tokens=6)
        carrier = filtered("x", spec, CARRIERS["digits"].ask(spec, "0"), [Generated(said, 6)], [])
        assert carrier.rows == (None,)
        assert sum(carrier.dropped.values()) == 1

    def test_given_numbers_change_no_prompt_and_leave_something_to_write(self) -> None:
        bare, begun = (CARRIERS["numbers"].ask(CarrierSpec(kind="numbers", n_given=n), "a") for n in (0, 3))
        assert [one.prompt for one in bare] == [one.prompt for one in begun]
        assert {len(one.given.split()) for one in begun} == {3}
        unsaid, digits = (CARRIERS["numbers"].ask(CarrierSpec(kind=kind), "a") for kind in ("numbers", "digits"))
        assert unsaid == begun
        assert not any(one.given for one in digits)
        with pytest.raises(ValidationError, match="less than or equal to 9"):
            CarrierSpec(kind="numbers", n_given=10)
        with pytest.raises(InputError, match="leaves none to teach"):
            random_rows(1, CarrierSpec(n_given=5, n_values=5), "a")
