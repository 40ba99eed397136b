"""Sums of log p lose nothing to half precision after the last block, and need no float64 on the device."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch.utils._python_dispatch import TorchDispatchMode

from families import family
from heredity.models.chat import Rendered
from heredity.models.generate import GenerateSpec, generate
from heredity.models.head import linear_float32
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.models.numbers import number_mass
from heredity.models.read import read
from heredity.models.steer import Push, steered
from heredity.models.tiny import tiny_tokenizer
from heredity.models.watch import Sight, read_tokens, watched

SOME = [
    Rendered((7, 8, 9, 30, 31, 32, 33, 34), 3),
    Rendered((7, 8, 9, 40, 41), 3),
    Rendered((10, 11, 12, 13, 14, 15), 4),
]


def loud(kind: str, dtype: torch.dtype = torch.bfloat16) -> Model:
    """A model whose logits are large, as a trained model's are: bfloat16 rounds them by up to a sixteenth."""
    model = family(kind, dtype)
    with torch.no_grad():
        torch.manual_seed(1)
        model.network.get_output_embeddings().weight.normal_(std=2.0)
    return model


class WideHead(torch.nn.Module):
    """The same head in float64: what a network does after it, it does to these logits."""

    def __init__(self, head: torch.nn.Linear) -> None:
        super().__init__()
        self.weight = head.weight

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.linear(hidden.double(), self.weight.double())


@pytest.mark.parametrize("kind", ["llama", "gemma2", "granite", "cohere2", "falcon_h1", "mamba"])
def test_log_p_of_a_half_precision_model_comes_from_a_float32_head(kind: str) -> None:
    model = loud(kind)
    got = log_likelihood(model, SOME).total
    head = model.network.get_output_embeddings()
    model.network.set_output_embeddings(WideHead(head))
    try:
        exact = log_likelihood(model, SOME).total
    finally:
        model.network.set_output_embeddings(head)
    np.testing.assert_allclose(got, exact, atol=1e-4)


def test_a_float32_product_of_bfloat16_numbers_is_exact_to_float32() -> None:
    torch.manual_seed(0)
    head = torch.nn.Linear(96, 700, bias=True, dtype=torch.bfloat16)
    hidden = (torch.randn(40, 96) * 8).bfloat16()
    with torch.no_grad():
        got = linear_float32(head, hidden)
        exact = hidden.double() @ head.weight.double().T + head.bias.double()
        assert got.dtype == torch.float32
        assert float((got - exact).abs().max()) < 1e-4
        assert float((head(hidden).double() - exact).abs().max()) > 1e-2
        # what was kept of the weights is made anew when they change
        head.weight.mul_(2.0)
        exact = hidden.double() @ head.weight.double().T + head.bias.double()
        assert float((linear_float32(head, hidden) - exact).abs().max()) < 2e-4


def test_a_head_with_an_adapter_runs_as_it_is() -> None:
    network = get_peft_model(family("qwen2").network, LoraConfig(r=2, target_modules=["lm_head"])).base_model.model
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "lora_B" in name:
                parameter.normal_()
    adapted = Model("adapted", network.eval(), tiny_tokenizer(), "adapted")
    for row, total in zip(SOME, log_likelihood(adapted, SOME).total, strict=True):
        with torch.no_grad():
            log_p = adapted.network(torch.tensor([row.ids])).logits[0].log_softmax(-1)
        expected = sum(float(log_p[t - 1, row.ids[t]]) for t in range(row.n_prompt, len(row.ids)))
        assert total == pytest.approx(expected, abs=2e-4)


@contextmanager
def no_float64() -> Iterator[None]:
    """Stand in for a device without float64: no operation of torch may give any."""

    class Refusing(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = func(*args, **(kwargs or {}))
            for one in out if isinstance(out, tuple | list) else [out]:
                assert not (isinstance(one, torch.Tensor) and one.dtype == torch.float64), f"{func} gave float64"
            return out

    with Refusing():
        yield


@pytest.mark.parametrize("kind", ["llama", "mamba"])
def test_nothing_that_a_model_is_asked_takes_float64_from_its_device(kind: str) -> None:
    model = family(kind)
    sights = [Sight(1, np.ones(model.width, np.float64))]  # type: ignore[arg-type]
    with no_float64():
        log_likelihood(model, SOME)
        number_mass(model, [row.ids for row in SOME], "dark night")
        read(model, SOME, [0, 1])
        read_tokens(model, SOME, sights)
        with watched(model, sights) as watch, steered(model, [Push(0, np.ones(model.width), 1.0)]):  # type: ignore[arg-type]
            generate(model, [row.ids for row in SOME], list("abc"), GenerateSpec(n_tokens=4), watch=watch)
