"""The inner loops: reading and generating with and without plain products, and what the machine could do at most.

The ways take turns on the same rows and the same model. Reading is also set against the machine's own rate: that of one
large product of the model's own shape, measured in the same rounds. A token's work is counted as two operations a
weight of the blocks' linear layers; attention, norms and padding count as nothing, so that 1 is out of reach.
"""

from __future__ import annotations

import time
from functools import partial

import torch
from torch import nn

from benchmarks.kit import figure, keep, ratio, shown
from benchmarks.loops import generating, prompts_for, reading, speed
from benchmarks.reading import rows_of
from heredity.models import attention
from heredity.models.blocks import find_blocks
from heredity.models.load import load
from heredity.models.model import Model

N_ROUNDS = 5
OURS = frozenset(attention.DTYPES)


def work_of_a_token(model: Model) -> int:
    """Return the operations that one token takes in the linear layers of all blocks."""
    return sum(2 * weight.numel() for block in find_blocks(model.network) for weight in weights_of(block))


def weights_of(block: nn.Module) -> list[torch.Tensor]:
    """Return the weights of a block's linear layers."""
    return [layer.weight for layer in block.modules() if isinstance(layer, nn.Linear)]


def machine_rate(model: Model) -> float:
    """Return operations a second of one large product, as wide as the model's widest linear layer."""
    widest = max(weights_of(find_blocks(model.network)[0]), key=torch.Tensor.numel)
    rows = torch.randn(2048, widest.shape[1], dtype=model.dtype)
    n_times = 60
    with torch.no_grad():
        nn.functional.linear(rows, widest)
        started = time.perf_counter()
        for _ in range(n_times):
            nn.functional.linear(rows, widest)
    return 2 * len(rows) * widest.numel() * n_times / (time.perf_counter() - started)


def main() -> None:
    """Print and keep tokens a second of both ways, their ratio, and the share of the machine's own rate."""
    model = load()
    rows = rows_of(model)
    loops = {
        "reading": partial(reading, model, rows, model.n_blocks - 1),
        "generating": partial(generating, model, prompts_for(model, 64), 48),
    }
    found: dict[str, dict[str, list[float]]] = {name: {"plain products": [], "fused kernel": []} for name in loops}
    rates = []
    for n in range(N_ROUNDS + 1):  # the first round warms up
        rates.append(machine_rate(model))
        for name, loop in loops.items():
            for way, dtypes in {"plain products": OURS, "fused kernel": frozenset()}.items():
                attention.DTYPES = set(dtypes)
                found[name][way].append(speed(loop))
        attention.DTYPES = set(OURS)
        print(f"round {n} of {N_ROUNDS}", flush=True)
    figures = {}
    for name, ways in found.items():
        for way, speeds in ways.items():
            figures[f"{name}, {way}"] = figure(speeds[1:], "tokens/s")
        figures[f"{name}, ratio"] = ratio(ways["plain products"][1:], ways["fused kernel"][1:])
    work = work_of_a_token(model)
    figures["machine's own rate"] = figure([rate / 1e9 for rate in rates[1:]], "GFLOP/s")
    for way, speeds in found["reading"].items():
        figures[f"reading, share of it, {way}"] = ratio([one * work for one in speeds[1:]], rates[1:])
    for name, one in figures.items():
        print(f"  {name}: {shown(one)}")
    keep("inner", figures)


if __name__ == "__main__":
    main()
