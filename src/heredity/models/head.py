"""The output head in float32, on the positions that are wanted alone.

bfloat16 logits near 20 stand 0.125 apart, while a judge's contrast is of 0.1 nats. Weights and hidden states of a
half-precision model are taken as they are; only their product is made in float32. What a network does after its head
(a soft cap, a scale) is its own code, which then runs in float32 too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakKeyDictionary

import torch
from torch import nn

MOST_KEPT: Final = 1 << 27
"""Weights of a head (half a gigabyte) that are kept in float32 beside the head; a larger one is widened as it runs."""
CHUNK: Final = 1 << 25
"""Weights of a larger head that are widened at once."""
WIDENED: WeakKeyDictionary[nn.Module, tuple[int, int, torch.Tensor]] = WeakKeyDictionary()
"""Float32 copies of heads on the CPU, with the address and version of the weights that they were made from."""


def logits_at(network: Any, inputs: dict[str, Any], wanted: torch.Tensor) -> torch.Tensor:
    """Return the float32 logits of a forward at the places where `wanted` (`[batch, tokens]`) holds, row after row.

    `[n, vocabulary]`. A head that is no plain linear map (quantised, adapted, offloaded) runs as it is.
    """
    is_wanted = wanted.bool()
    head = network.get_output_embeddings()
    if type(head) is not nn.Linear or "forward" in vars(head) or not head.weight.is_floating_point():
        logits: torch.Tensor = network(**inputs).logits[is_wanted].float()
        return logits

    def narrow(hidden: torch.Tensor) -> torch.Tensor:
        return linear_float32(head, hidden[is_wanted]).unsqueeze(0)

    with _running(head, narrow):
        found: torch.Tensor = network(**inputs).logits
    return found[0].float()


def linear_float32(head: nn.Linear, hidden: torch.Tensor) -> torch.Tensor:
    """Return `[n, vocabulary]`: what the head makes of `[n, width]`, multiplied and summed in float32."""
    wide, bias = hidden.float(), None if head.bias is None else head.bias.float()
    is_exact = hidden.dtype == head.weight.dtype == torch.bfloat16
    with torch.autocast(hidden.device.type, enabled=False), _as_bfloat16(is_exact and hidden.device.type == "cpu"):
        parts = [nn.functional.linear(wide, weight) for weight in _widened(head)]
    out = parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
    return out if bias is None else out + bias


def _widened(head: nn.Linear) -> Iterator[torch.Tensor]:
    """Yield the head's weight in float32, in parts `[rows, width]` that fit into memory."""
    weight = head.weight.detach()
    if weight.dtype == torch.float32:
        yield weight
    elif weight.numel() <= MOST_KEPT and weight.device.type == "cpu":
        made_from = (weight.data_ptr(), weight._version)
        if head not in WIDENED or WIDENED[head][:2] != made_from:
            WIDENED[head] = (*made_from, weight.float())
        yield WIDENED[head][2]
    else:
        for part in torch.split(weight, max(1, CHUNK // weight.shape[1])):
            yield part.float()


@contextmanager
def _as_bfloat16(is_exact: bool) -> Iterator[None]:
    """Let the CPU multiply float32 numbers as bfloat16 where that is what they are; sums stay in float32.

    Two to three times as fast, and nothing is rounded. An older torch, or a CPU that cannot, multiplies in float32.
    """
    matmul: Any = getattr(torch.backends.mkldnn, "matmul", None)
    if not is_exact or not hasattr(matmul, "fp32_precision"):
        yield
        return
    before = matmul.fp32_precision
    matmul.fp32_precision = "bf16"
    try:
        yield
    finally:
        matmul.fp32_precision = before


@contextmanager
def _running(module: nn.Module, forward: Callable[[torch.Tensor], torch.Tensor]) -> Iterator[None]:
    """Let a function stand for a module's forward."""
    module.__dict__["forward"] = forward
    try:
        yield
    finally:
        del module.__dict__["forward"]
