"""A language model's grade is the expected number, whatever its tokenizer makes of numbers."""

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from tokenizers import decoders
from transformers import AutoModelForCausalLM, Gemma2Config, GraniteConfig

from heredity.ground.errors import EndpointError, ExperimentError
from heredity.ground.progress import SILENCE
from heredity.judges.contrast import Asked
from heredity.judges.language_model import COHERENCE, expected, filled, grade_of, rubric_grades
from heredity.models.chat import question, render_prompt
from heredity.models.model import Model
from heredity.models.numbers import NumberMass, number_mass
from heredity.models.remote.endpoint import Endpoint, EndpointSpec
from heredity.models.remote.numbers import remote_masses
from heredity.models.tiny import tiny_tokenizer
from heredity.records.dialogue import Grade, Unscored
from loopback import Loopback, Reply
from tests_shared import ARCHITECTURES, GROUPED

RUBRIC = "Rate it.\nQuestion: {question}\nAnswer: {answer}\nReply with a number."
ANSWERS = [Asked(f"what about the {noun} ?", f"the {noun} is dark") for noun in ("river", "house", "tree")]


DIGITS = tuple("0123456789")
NETWORKS = {
    "llama": ARCHITECTURES["llama"],
    # these do something to the logits after the head
    "gemma2": Gemma2Config(**GROUPED, final_logit_softcapping=4.0),
    "granite": GraniteConfig(**{k: v for k, v in GROUPED.items() if k != "head_dim"}, logits_scaling=4.0),
}
WORDS = {
    "digit by digit": DIGITS,
    "both ways": (*DIGITS, *map(str, range(10, 36))),
    "whole numbers": ("7", "70", "0", "85", "100"),
}
BLANKS = {
    "sentencepiece": ("\u2581", ("\u2581", "\u25815", "\u25818", "\n"), decoders.Metaspace()),
    "bytes": ("\u0120", ("\u0120", "\u01205", "\u01208", "\u010a"), decoders.ByteLevel()),
}
"""By kind of tokenizer: the mark of a blank, pieces that hold blanks, and what turns pieces to text."""


def speaking_numbers(*words: str, network: str = "llama", decoder: Any = None) -> Model:
    """A small random model that likes to say the given words, which its tokenizer knows besides the toy's."""
    torch.manual_seed(0)
    made = AutoModelForCausalLM.from_config(NETWORKS[network], dtype=torch.float32).eval()
    tokenizer = tiny_tokenizer()
    tokenizer.add_tokens(list(words))
    if decoder:
        tokenizer.backend_tokenizer.decoder = decoder
    head = torch.nn.Linear(32, 150, bias=False).requires_grad_(False)
    torch.nn.init.normal_(head.weight, std=32**-0.5)
    # the words likely, each differently, so that the masses are worth comparing
    head.weight[tokenizer.convert_tokens_to_ids(list(words))] *= 4
    made.set_output_embeddings(head)
    return Model("numbers", made, tokenizer, "numbers")


def enumerated(model: Model, prompt: tuple[int, ...], texts: dict[int, str]) -> dict[int, float]:
    """The same probabilities by brute force over the texts of number tokens and blanks, one forward a path."""
    found: dict[int, float] = {}

    def follow(path: tuple[int, ...], said: str, mass: float) -> None:
        with torch.no_grad():
            odds = model.network(torch.tensor([[*prompt, *path]])).logits[0, -1].float().softmax(-1)
        if said.strip():
            goes_on = sum(float(odds[i]) for i, text in texts.items() if text[0] in DIGITS)
            found[int(said)] = found.get(int(said), 0.0) + mass * (1 - goes_on)
        for i, text in texts.items():
            is_number = re.fullmatch(r"\s*(0|[1-9][0-9]?|100)", said + text) is not None
            is_worth_it = mass * float(odds[i]) > 1e-5
            if is_worth_it and (is_number or (not path and text.isspace())):
                follow((*path, i), said + text, mass * float(odds[i]))

    follow((), "", 1.0)
    return found


def require_brute_force(model: Model, texts: dict[str, str]) -> None:
    """Compare all prompts' masses, given the number tokens and their texts."""
    ids = {model.tokenizer.convert_tokens_to_ids(word): text for word, text in texts.items()}
    assert len(ids) == len(texts)
    assert min(ids) > 2
    prompts = [render_prompt(model, question(filled(RUBRIC, answer))) for answer in ANSWERS]
    for prompt, found in zip(prompts, number_mass(model, prompts), strict=True):
        brute = enumerated(model, prompt, ids)
        assert sum(brute.values()) > 0.01
        # paths below one in ten thousand are not followed
        assert found.total == pytest.approx(sum(brute.values()), abs=0.02)
        assert set(found.numbers) <= set(brute)
        assert [found.numbers.get(number, 0.0) for number in brute] == pytest.approx([*brute.values()], abs=5e-4)


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_number_masses_equal_brute_force_over_all_spellings(words: tuple[str, ...]) -> None:
    require_brute_force(speaking_numbers(*words), {word: word for word in words})


@pytest.mark.parametrize("network", NETWORKS)
def test_what_a_network_does_after_its_head_counts(network: str) -> None:
    require_brute_force(speaking_numbers(*DIGITS, network=network), {word: word for word in DIGITS})


@pytest.mark.parametrize("kind", BLANKS)
def test_blanks_may_stand_before_a_number_and_end_it(kind: str) -> None:
    mark, pieces, decoder = BLANKS[kind]
    words = (*DIGITS, *pieces)
    texts = {word: word.replace(mark, " ").replace("\u010a", "\n") for word in words}
    model = speaking_numbers(*words, decoder=decoder)
    require_brute_force(model, texts)


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


Tree = dict[str, dict[str, float]]
DIGIT_BY_DIGIT: Tree = {
    "": {"8": 0.5, "2": 0.3, "1": 0.1, "N": 0.1},
    "8": {"5": 0.6, "0": 0.3, "<end>": 0.1},
    "2": {"<end>": 1.0},
    "1": {"0": 1.0},
    "10": {"0": 0.5, "<end>": 0.5},
    "85": {"<end>": 1.0},
    "80": {"<end>": 1.0},
}
"""8 then 5 or 0; 2 then anything; 1 then 0 then 0; each branch is told only when it is asked for."""


def speaking(tree: Tree, is_continuing: bool = True) -> Callable[[dict[str, Any]], Reply]:
    """Return a server that says the likeliest, and goes on from what the assistant has said, or begins again."""

    def answer(body: dict[str, Any]) -> Reply:
        last = body["messages"][-1]
        said = last["content"] if last["role"] == "assistant" and is_continuing else ""
        text, tokens = "", []
        while True:
            odds = tree.get(said + text, {"<end>": 1.0})
            best = max(odds, key=lambda one: odds[one])
            tokens.append((best, {one: math.log(p) for one, p in odds.items()}))
            if best == "<end>" or len(tokens) == body["max_tokens"]:
                return Reply(text, tuple(tokens))
            text += best

    return answer


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
    (mass,) = remote(speaking(DIGIT_BY_DIGIT))
    assert mass.numbers == pytest.approx({8: 0.05, 85: 0.3, 80: 0.15, 2: 0.3, 1: 0.0, 10: 0.05, 100: 0.05}, abs=1e-9)


def test_blanks_before_a_number_are_followed_over_an_endpoint_and_blanks_in_it_end_it() -> None:
    tree = {
        "": {" ": 0.5, "8": 0.3, " 7": 0.15, "\n": 0.05},
        " ": {"9": 1.0},
        " 9": {"1": 0.9, "<end>": 0.1},
        "8": {"0": 0.5, " 5": 0.5},
        " 7": {" ": 1.0},
        "\n": {" 6": 0.6, "\n": 0.4},
    }
    (mass,) = remote(speaking(tree))
    assert mass.numbers == pytest.approx({91: 0.45, 9: 0.05, 80: 0.15, 8: 0.15, 7: 0.15, 6: 0.03}, abs=1e-9)
    assert not mass.left_out


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

    with Loopback(speaking(DIGIT_BY_DIGIT), refusing) as server:
        (mass,) = remote_masses(endpoint(server.url), ["rate it"], "REFUSAL", SILENCE)
    # only the branch that was answered shows its second digit
    assert mass.numbers == pytest.approx({8: 0.05, 85: 0.3, 80: 0.15}, abs=1e-9)


@pytest.mark.parametrize("most_likely", ["8", "No"])
def test_a_server_that_answers_afresh_instead_of_continuing_leaves_its_branches_out(most_likely: str) -> None:
    start = {"8": 0.4, "2": 0.3, "No": 0.1} | {most_likely: 0.45}
    tree = DIGIT_BY_DIGIT | {"": start, "No": {" number": 1.0}}
    whole, cut = remote(speaking(tree)), remote(speaking(tree, is_continuing=False), 2)
    assert whole[0].total == pytest.approx(start["8"] + start["2"])
    assert not whole[0].left_out
    for mass in cut:
        # never 88: what follows an 8 that the server was given is not what follows an 8
        assert mass.numbers == ({} if most_likely == "No" else pytest.approx({8: 0.045, 85: 0.27, 80: 0.135}))
        assert "does not continue" in mass.left_out


def test_thin_mass_names_the_server_that_does_not_continue() -> None:
    tree = {"": {"I": 0.5, "8": 0.3, "2": 0.2}, "I": {" am": 1.0}}
    (mass,) = remote(speaking(tree, is_continuing=False))
    unscored = grade_of(mass)
    assert isinstance(unscored, Unscored)
    assert "the server does not continue a given answer, which leaves thin probability" in unscored.reason


def test_a_judge_that_says_no_number_is_unscored_and_one_without_probabilities_is_an_error() -> None:
    (thin,) = remote(no_such_number)
    unscored = grade_of(thin)
    assert isinstance(unscored, Unscored)
    assert "thin" in unscored.reason
    with pytest.raises(EndpointError, match="log probabilities"):
        remote(lambda body: Reply("80", ()))
