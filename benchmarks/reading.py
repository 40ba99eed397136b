"""Reading activations: length-sorted batches stopped at the block, against one row at a time with everything.

The peer's way is that of the public persona-vector projection script: one row a forward, all hidden states, the
output head run for nothing. Both read the response mean after one block, of the same rows, on the same model, in
turns; the figure is the ratio of tokens per second, and the two readings are compared.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.kit import figure, keep, ratio
from heredity.models.blocks import hidden_states_slot
from heredity.models.chat import Rendered, question, render
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.traits.define import bundled_names, trait

BLOCK = 15
N_ROUNDS = 3


def rows_of(model: Model) -> list[Rendered]:
    """Return 160 rows of varied length: the bundled questions, answered by other bundled questions."""
    traits = [trait(name) for name in bundled_names()]
    asked = [text for one in traits for text in one.questions.extraction][:160]
    return [render(model, question(text), " ".join(asked[i : i + 1 + i % 9])) for i, text in enumerate(asked)]


def peer(model: Model, rows: list[Rendered]) -> np.ndarray:
    """Read one row at a time with all hidden states and the output head."""
    means = []
    for row in rows:
        with torch.no_grad():
            out = model.network(torch.tensor([row.ids], device=model.device), output_hidden_states=True)
        states = out.hidden_states[hidden_states_slot(BLOCK)]
        means.append(states[0, row.n_prompt :].float().mean(0).cpu().numpy())
    return np.array(means)


def ours(model: Model, rows: list[Rendered]) -> np.ndarray:
    """Read in length-sorted batches that stop after the block."""
    return read(model, rows, [BLOCK], ReadSpec(positions=("response",))).at("response", BLOCK)


def main() -> None:
    """Print tokens per second of both ways, their ratio, and how far the readings differ."""
    model = load()
    rows = rows_of(model)
    n_tokens = sum(len(row.ids) for row in rows)
    speeds: dict[str, list[float]] = {"ours": [], "peer": []}
    ways: dict[str, Callable[[Model, list[Rendered]], np.ndarray]] = {"ours": ours, "peer": peer}
    readings = {name: way(model, rows[:8]) for name, way in ways.items()}
    for _ in range(N_ROUNDS):
        for name, way in ways.items():
            started = time.perf_counter()
            readings[name] = way(model, rows)
            speeds[name].append(n_tokens / (time.perf_counter() - started))
    ratios = [a / b for a, b in zip(speeds["ours"], speeds["peer"], strict=True)]
    apart = np.linalg.norm(readings["ours"] - readings["peer"], axis=1) / np.linalg.norm(readings["peer"], axis=1)
    print(f"reading the response mean after block {BLOCK} of {len(rows)} rows ({n_tokens} tokens, {model.dtype}):")
    for name, values in speeds.items():
        print(f"  {name}: {statistics.median(values):,.0f} tokens/s ({min(values):,.0f}-{max(values):,.0f})")
    print(f"  ratio ours/peer: {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")
    each = {name: figure(values, "tokens/s") for name, values in speeds.items()}
    keep("reading", {**each, "ratio": ratio(speeds["ours"], speeds["peer"])})
    print(f"  relative distance of the readings: median {np.median(apart):.1e}, largest {apart.max():.1e}")
