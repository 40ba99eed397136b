"""How threads should wait: reading, generating and training by setting, quiet and beside a busy program.

OpenMP's threads spin while they wait for each other. Beside a program that keeps the cores busy, a spinning thread
takes its sibling's turn. Each setting stands in the environment of a process of its own, since the library reads it
when it is loaded; settings run in turns, and every figure is tokens a second.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SETTINGS: dict[str, dict[str, str]] = {
    "library's own": {},
    "passive": {"OMP_WAIT_POLICY": "passive"},
    "spin 1,000": {"GOMP_SPINCOUNT": "1000"},
    "spin 4,000": {"GOMP_SPINCOUNT": "4000"},
    "spin 20,000": {"GOMP_SPINCOUNT": "20000"},
    "spin 200,000": {"GOMP_SPINCOUNT": "200000"},
}
"""Environment variables of each setting; all others as they are."""
NAMES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS")
N_ROUNDS = 3
BUSY = "while True: pass"
"""The other program: one core's worth."""


def measure() -> None:
    """Print tokens a second of reading, generating and training, on one line."""
    import torch

    from heredity.models.chat import question, render, render_prompt
    from heredity.models.generate import GenerateSpec, generate
    from heredity.models.load import load
    from heredity.models.read import read
    from heredity.models.weights import trainable_copy
    from heredity.records.transmission import ImitateSpec
    from heredity.store.questions import everyday_questions
    from heredity.training.imitate import imitate, lessons

    model = load()
    asked = everyday_questions("threads")
    rows = [render(model, question(text), " ".join(asked[:3])) for text in asked[:16]]
    prompts = [render_prompt(model, question(text)) for text in asked[:8]]
    student = trainable_copy(model, "student")
    batch = lessons(rows[:4])

    def reading() -> int:
        read(model, rows, [15])
        return sum(len(row.ids) for row in rows)

    def generating() -> int:
        made = generate(model, prompts, [str(i) for i in range(8)], GenerateSpec(n_tokens=24, min_tokens=24))
        return sum(one.n_tokens for one in made)

    def training() -> int:
        imitate(student, None, [batch], ImitateSpec(labels="hard", n_steps=1, batch_rows=4), torch.bfloat16)
        return sum(len(lesson.row.ids) for lesson in batch)

    print(*(f"{speed(work):.1f}" for work in (reading, generating, training)))


def speed(work: Callable[[], int]) -> float:
    """Return tokens a second of the second call: the first one warms up."""
    work()
    started = time.perf_counter()
    n_tokens = work()
    return n_tokens / (time.perf_counter() - started)


@contextmanager
def another_program(is_busy: bool) -> Iterator[None]:
    """Keep one core busy for the length of a with-block, if asked."""
    other = subprocess.Popen([sys.executable, "-c", BUSY]) if is_busy else None
    try:
        yield
    finally:
        if other:
            other.kill()
            other.wait()


def main() -> None:
    """Print the median speeds and their spread, by setting and state."""
    clean = {name: value for name, value in os.environ.items() if name not in NAMES}
    from benchmarks.kit import figure, keep

    for is_busy in (False, True):
        found: dict[str, list[list[float]]] = {name: [] for name in SETTINGS}
        for _ in range(N_ROUNDS):
            for name, setting in SETTINGS.items():
                with another_program(is_busy):
                    run = subprocess.run(
                        [sys.executable, "-c", "from benchmarks.threads import measure; measure()"],
                        env={**clean, **setting}, capture_output=True, text=True, check=True,
                    )  # fmt: skip
                found[name].append([float(value) for value in run.stdout.split()])
        print(f"tokens a second, {'one other program busy' if is_busy else 'quiet'}:")
        kept = {}
        for name, rounds in found.items():
            figures = [f"{statistics.median(x):8,.0f} ({min(x):,.0f}-{max(x):,.0f})" for x in zip(*rounds, strict=True)]
            kept[name] = [figure(x, "tokens/s") for x in zip(*rounds, strict=True)]
            print(f"  {name:<15} reading {figures[0]}   generating {figures[1]}   training {figures[2]}", flush=True)
        keep(f"threads, {'busy' if is_busy else 'quiet'}: reading, generating, training", kept)


if __name__ == "__main__":
    main()
