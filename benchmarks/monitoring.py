"""Monitoring while generating: 16 traits at one block, against the same generation unmonitored, in turns.

The peer is generation without any hook. The figure is how much longer the monitored run takes; the answers of both
are compared, token for token. The peer's own spread, run against run, says what a difference can be worth.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from benchmarks.kit import figure, keep, ratio
from heredity.models.chat import question, render_prompt
from heredity.models.generate import Generated, GenerateSpec, generate
from heredity.models.load import load
from heredity.models.model import Model
from heredity.models.watch import Sight, watched
from heredity.store.questions import everyday_questions

BLOCK = 15
N_TRAITS = 16
N_ROUNDS = 5
SPEC = GenerateSpec(n_tokens=64, min_tokens=64)
"""All answers of one length, so that both ways do the same work."""


def plain(model: Model, prompts: list[tuple[int, ...]], seeds: list[str]) -> list[Generated]:
    """Generate without any hook."""
    return generate(model, prompts, seeds, SPEC)


def monitored(model: Model, prompts: list[tuple[int, ...]], seeds: list[str]) -> list[Generated]:
    """Generate with every token projected on 16 directions after one block."""
    chance = np.random.default_rng(0)
    directions = chance.standard_normal((N_TRAITS, model.width)).astype(np.float32)
    with watched(model, [Sight(BLOCK, direction) for direction in directions]) as watch:
        return generate(model, prompts, seeds, SPEC, watch=watch)


def main() -> None:
    """Print seconds of both ways, and the slowdown with its spread, for a batch and for one conversation."""
    model = load()
    for n in (32, 1):
        prompts = [render_prompt(model, question(text)) for text in everyday_questions("bench")[:n]]
        seeds = [str(i) for i in range(n)]
        seconds: dict[str, list[float]] = {"plain": [], "monitored": [], "plain again": []}
        ways = {"plain": plain, "monitored": monitored, "plain again": plain}
        texts = {name: [one.text for one in way(model, prompts, seeds)] for name, way in ways.items()}
        for _ in range(N_ROUNDS):
            for name, way in ways.items():
                started = time.perf_counter()
                way(model, prompts, seeds)
                seconds[name].append(time.perf_counter() - started)
        slower = [b / a - 1 for a, b in zip(seconds["plain"], seconds["monitored"], strict=True)]
        noise = [b / a - 1 for a, b in zip(seconds["plain"], seconds["plain again"], strict=True)]
        same = texts["plain"] == texts["monitored"]
        print(
            f"generating {SPEC.n_tokens} tokens for {n} prompt(s), {N_TRAITS} traits at block {BLOCK} ({model.dtype}):"
        )
        for name, values in seconds.items():
            print(f"  {name}: {statistics.median(values):.2f} s ({min(values):.2f}-{max(values):.2f})")
        print(f"  slowdown: median {statistics.median(slower):+.1%} ({min(slower):+.1%} to {max(slower):+.1%})")
        print(f"  plain against plain: median {statistics.median(noise):+.1%} ({min(noise):+.1%} to {max(noise):+.1%})")
        each = {name: figure(values, "s") for name, values in seconds.items()}
        keep(f"monitoring, {n} prompts", {**each, "ratio": ratio(seconds["monitored"], seconds["plain"])})
        print(f"  the answers are {'the same' if same else 'NOT the same'}")


if __name__ == "__main__":
    main()
