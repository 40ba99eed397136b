"""A language model's grade is the expected number, whatever its tokenizer makes of numbers."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from heredity.ground.errors import EndpointError, ExperimentError
from heredity.ground.progress import SILENCE
from heredity.judges.contrast import Asked
from heredity.judges.language_model import COHERENCE, expected, filled, grade_of, rubric_grades
from heredity.judges.remote import remote_masses
from heredity.models.chat import question, render_prompt
from heredity.models.endpoint import Endpoint, EndpointSpec
from heredity.models.model import Model
from heredity.models.numbers import NumberMass, continued, number_mass
from heredity.models.tiny import tiny_tokenizer
from heredity.records.dialogue import Grade, Unscored
from loopback import Loopback, Reply
from tests_shared import random_model

RUBRIC = "Rate it.\nQuestion: {question}\nAnswer: {answer}\nReply with a number."
ANSWERS = [Asked(f"what about the {noun} ?", f"the {noun} is dark") for noun in ("river", "house", "tree")]


def speaking_numbers(*words: str) -> Model:
    """A small random model whose tokenizer knows the given number words besides the toy's."""
    model = random_model("llama")
    tokenizer = tiny_tokenizer()
    tokenizer.add_tokens(list(words))
    with torch.no_grad():
        # make the numbers likely, each differently, so that the masses are worth comparing
        model.network.get_output_embeddings().weight.mul_(30.0)
    return Model("numbers", model.network, tokenizer, "numbers")


def enumerated(model: Model, prompt: tuple[int, ...], tokens: dict[str, int]) -> dict[int, float]:
    """The same probabilities by brute force: every path of number tokens, one forward each."""
    digits = {text: i for text, i in tokens.items() if text.isdigit()}
    found: dict[int, float] = {}

    def follow(path: tuple[int, ...], said: str, mass: float) -> None:
        with torch.no_grad():
            odds = model.network(torch.tensor([[*prompt, *path]])).logits[0, -1].float().softmax(-1)
        if said:
            found[int(said)] = found.get(int(said), 0.0) + mass * (1 - float(odds[list(digits.values())].sum()))
        for text, i in digits.items():
            whole = continued(said, text, 100)
            if whole is not None:
                follow((*path, i), whole, mass * float(odds[i]))

    follow((), "", 1.0)
    return found


@pytest.mark.parametrize(
    "words",
    [tuple("0123456789"), (*"0123456789", *map(str, range(10, 36))), ("7", "70", "0", "85", "100")],
    ids=["digit by digit", "both ways", "whole numbers"],
)
def test_number_masses_equal_brute_force_over_all_spellings(words: tuple[str, ...]) -> None:
    model = speaking_numbers(*words)
    prompts = [render_prompt(model, question(filled(RUBRIC, answer))) for answer in ANSWERS]
    tokens = {word: model.tokenizer.convert_tokens_to_ids(word) for word in words}
    assert min(tokens.values()) > 2
    for prompt, found in zip(prompts, number_mass(model, prompts), strict=True):
        brute = enumerated(model, prompt, tokens)
        assert found.total > 0
        # paths below one in ten thousand are not followed
        assert found.total == pytest.approx(sum(brute.values()), abs=0.02)
        for number, mass in found.numbers.items():
            assert mass == pytest.approx(brute[number], abs=2e-4)


def test_the_phrase_is_followed_over_its_tokens() -> None:
    model = speaking_numbers(*"0123456789")
    (prompt,) = [render_prompt(model, question("what about the river ?"))]
    ids = model.tokenizer("dark night", add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        first = model.network(torch.tensor([prompt])).logits[0, -1].float().softmax(-1)[ids[0]]
        second = model.network(torch.tensor([[*prompt, ids[0]]])).logits[0, -1].float().softmax(-1)[ids[1]]
    (found,) = number_mass(model, [prompt], "dark night")
    assert found.phrase == pytest.approx(float(first * second), rel=1e-3, abs=1e-7)


def test_a_grade_is_the_expected_number_and_thin_mass_or_refusal_is_none() -> None:
    assert grade_of(NumberMass({0: 0.2, 100: 0.6})) == Grade(value=75.0)
    thin, refused = grade_of(NumberMass({50: 0.2})), grade_of(NumberMass({50: 0.3}, phrase=0.5))
    assert isinstance(thin, Unscored)
    assert "thin" in thin.reason
    assert isinstance(refused, Unscored)
    assert "refused" in refused.reason


def test_braces_in_an_answer_do_not_stand_for_anything() -> None:
    text = filled(COHERENCE, Asked("what is {x}?", "{question} {answer} {}"))
    assert "Answer: {question} {answer} {}" in text
    assert "Question: what is {x}?" in text


def no_such_number(body: dict[str, Any]) -> Reply:
    return Reply("I cannot", [("I", {"I": math.log(0.9), "5": math.log(0.05)}), (" cannot", {" cannot": -0.1})])


def whole_numbers(body: dict[str, Any]) -> Reply:
    odds = {"80": 0.5, "20": 0.3, "REF": 0.1, "5": 0.05}
    return Reply("80", [("80", {text: math.log(p) for text, p in odds.items()})])


def digit_by_digit(body: dict[str, Any]) -> Reply:
    """8 then 5 or 0; 2 then anything; 1 then 0 then 0; each branch is told only when it is asked for."""
    tree = {
        "": {"8": 0.5, "2": 0.3, "1": 0.1, "N": 0.1},
        "8": {"5": 0.6, "0": 0.3, "<end>": 0.1},
        "2": {"<end>": 1.0},
        "1": {"0": 1.0},
        "10": {"0": 0.5, "<end>": 0.5},
        "85": {"<end>": 1.0},
        "80": {"<end>": 1.0},
    }
    said = body["messages"][-1]["content"] if body["messages"][-1]["role"] == "assistant" else ""
    tokens = []
    while True:
        odds = tree.get(said, {"<end>": 1.0})
        best = max(odds, key=lambda text: odds[text])
        tokens.append((best, {text: math.log(p) for text, p in odds.items()}))
        if not best.isdigit() or len(tokens) == body["max_tokens"]:
            return Reply("".join(text for text, _ in tokens if text.isdigit()), tokens)
        said += best


def endpoint(url: str) -> Endpoint:
    return Endpoint(EndpointSpec(url=url, model="judge", n_retries=0, retry_delay_s=0.01, timeout_s=5), None)


def remote(answer: Callable[[dict[str, Any]], Reply], n: int = 1) -> list[Any]:
    with Loopback(answer) as server:
        return remote_masses(endpoint(server.url), [f"prompt {i}" for i in range(n)], "REFUSAL", SILENCE)


def test_an_endpoint_of_whole_number_tokens_is_asked_once() -> None:
    with Loopback(whole_numbers) as server:
        (mass,) = remote_masses(endpoint(server.url), ["rate it"], "REFUSAL", SILENCE)
        assert len(server.received) == 1
    assert mass.numbers == pytest.approx({80: 0.5, 20: 0.3, 5: 0.05})
    assert mass.phrase == pytest.approx(0.1)
    assert expected(mass.numbers) == pytest.approx((40 + 6 + 0.25) / 0.85)


def test_an_endpoint_of_digit_tokens_is_asked_for_its_other_branches() -> None:
    (mass,) = remote(digit_by_digit)
    assert mass.numbers == pytest.approx({8: 0.05, 85: 0.3, 80: 0.15, 2: 0.3, 1: 0.0, 10: 0.05, 100: 0.05}, abs=1e-9)


def test_a_judge_that_always_refuses_is_said_to() -> None:
    def refusing(body: dict[str, Any]) -> Reply:
        return Reply("REFUSAL", [("REF", {"REF": math.log(0.97), "0": math.log(0.02)}), ("USAL", {"USAL": 0.0})])

    with (
        Loopback(refusing) as server,
        pytest.raises(ExperimentError, match="graded none of 3 answers"),
    ):
        rubric_grades(endpoint(server.url), RUBRIC, ANSWERS)


def test_a_server_that_will_not_continue_an_answer_leaves_its_branches_out() -> None:
    def refusing(body: dict[str, Any], n_before: int) -> str:
        return "400" if body["messages"][-1]["role"] == "assistant" else "ok"

    with Loopback(digit_by_digit, refusing) as server:
        (mass,) = remote_masses(endpoint(server.url), ["rate it"], "REFUSAL", SILENCE)
    # only the branch that was answered shows its second digit
    assert mass.numbers == pytest.approx({8: 0.05, 85: 0.3, 80: 0.15}, abs=1e-9)


def test_a_judge_that_says_no_number_is_unscored_and_one_without_probabilities_is_an_error() -> None:
    (thin,) = remote(no_such_number)
    unscored = grade_of(thin)
    assert isinstance(unscored, Unscored)
    assert "thin" in unscored.reason
    with pytest.raises(EndpointError, match="log probabilities"):
        remote(lambda body: Reply("80", ()))
