"""Short rows attend by plain products, and to the same: see also the families, all of which are tried that way."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from families import CONFIGS, family
from heredity.models import attention
from heredity.models.attention import FUSED, LONGEST, OWN, short_rows
from heredity.models.chat import Rendered
from heredity.models.generate import GenerateSpec, generate
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.models.read import read
from tests_shared import ARCHITECTURES, random_model


@pytest.fixture
def fused(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens each call of the fused kernel attended to, where it was asked by way of ours."""
    calls: list[int] = []
    kernel = attention.sdpa_attention_forward

    def counted(module: Any, query: Any, key: Any, *rest: Any, **more: Any) -> Any:
        calls.append(key.shape[2])
        return kernel(module, query, key, *rest, **more)

    monkeypatch.setattr(attention, "sdpa_attention_forward", counted)
    return calls


def rows(*lengths: int) -> list[Rendered]:
    chance = np.random.default_rng(0)
    return [Rendered(tuple(chance.integers(6, 40, n).tolist()), n // 2) for n in lengths]


def halved(model: Model) -> Model:
    return replace(model, network=copy.deepcopy(model.network).to(torch.bfloat16))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_readings_in_bfloat16_lie_as_near_to_the_truth_as_the_fused_kernels(
    name: str, fused: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, asked = random_model(name), rows(30, 17, 24, 9)
    truth, half = read(model, asked, [1]).at("response", 1), halved(model)
    fused.clear()
    ours = read(half, asked, [1]).at("response", 1)
    if half.network.config._attn_implementation == FUSED:
        assert not fused
    monkeypatch.setattr(attention, "DTYPES", set())
    theirs = read(half, asked, [1]).at("response", 1)
    apart = [np.linalg.norm(one - truth) / np.linalg.norm(truth) for one in (ours, theirs)]
    assert apart[0] < 1.25 * apart[1]


@pytest.mark.parametrize("is_autocast", [True, False], ids=["autocast", "bfloat16"])
@pytest.mark.parametrize("kind", CONFIGS)
def test_in_half_precision_every_family_says_what_it_says_by_the_fused_kernel(
    kind: str, is_autocast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, asked = family(kind), rows(14, 4, 9)  # padded on the left, where they are asked
    model = model if is_autocast else halved(model)
    spec = GenerateSpec(n_tokens=4, min_tokens=4)

    def said() -> np.ndarray:
        with torch.autocast("cpu", torch.bfloat16, enabled=is_autocast):
            generate(model, [row.ids for row in asked], list("abc"), spec)
            return log_likelihood(model, asked).total

    ours = said()
    monkeypatch.setattr(attention, "DTYPES", set())
    np.testing.assert_allclose(ours, said(), atol=0.3)


def logits(model: Model, row: Rendered) -> torch.Tensor:
    found: torch.Tensor = model.network(torch.tensor([row.ids])).logits
    return found


def test_long_rows_are_the_fused_kernels_to_the_bit(toy: Model, fused: list[int]) -> None:
    model, (row,) = halved(toy), rows(LONGEST + 20)
    with torch.no_grad():
        plain = logits(model, row)
        with short_rows(model.network):
            assert torch.equal(logits(model, row), plain)
    assert fused == [LONGEST + 20] * model.n_blocks


def test_a_model_whose_numbers_are_not_measured_is_the_fused_kernels_to_the_bit(toy: Model, fused: list[int]) -> None:
    (row,) = rows(20)
    with torch.no_grad():
        plain = logits(toy, row)
        with short_rows(toy.network):
            assert torch.equal(logits(toy, row), plain)
    assert fused


def test_answers_and_likelihoods_take_the_short_way(toy: Model, fused: list[int]) -> None:
    model, asked = halved(toy), rows(20, 13)
    generate(model, [row.ids for row in asked], ["a", "b"], GenerateSpec(n_tokens=4, min_tokens=4))
    log_likelihood(model, asked)
    assert not fused


def test_the_network_attends_as_before_afterwards_also_by_an_exception(toy: Model) -> None:
    config = toy.network.config
    with torch.no_grad(), pytest.raises(ZeroDivisionError), short_rows(toy.network):
        assert config._attn_implementation == OWN
        with short_rows(toy.network):
            assert config._attn_implementation == OWN
        assert config._attn_implementation == OWN
        raise ZeroDivisionError
    assert config._attn_implementation == FUSED


def test_what_is_trained_or_attends_by_other_means_is_left_alone(toy: Model) -> None:
    config = toy.network.config
    with short_rows(toy.network):
        assert config._attn_implementation == FUSED
    eager = copy.deepcopy(toy.network)
    eager.config._attn_implementation = "eager"
    with torch.no_grad(), short_rows(eager):
        assert eager.config._attn_implementation == "eager"


def test_no_answer_ends_before_its_least_tokens(toy: Model) -> None:
    prompts = [row.ids for row in rows(9, 12, 10, 11)]
    for temperature in (0.0, 1.5):
        spec = GenerateSpec(n_tokens=7, min_tokens=5, temperature=temperature)
        assert all(5 <= one.n_tokens <= 7 for one in generate(toy, prompts, list("abcd"), spec))
