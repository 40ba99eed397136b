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
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

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
    from benchmarks.loops import generating, prompts_for, reading, training, warm_speed
    from heredity.models.chat import question, render
    from heredity.models.load import load
    from heredity.models.weights import trainable_copy
    from heredity.store.questions import everyday_questions
    from heredity.training.imitate import lessons

    model, asked = load(), everyday_questions("threads")
    rows = [render(model, question(text), " ".join(asked[:3])) for text in asked[:16]]
    loops = (
        partial(reading, model, rows, 15),
        partial(generating, model, prompts_for(model, 8), 24),
        partial(training, trainable_copy(model, "student"), [lessons(rows[:4])]),
    )
    print(*(f"{warm_speed(loop):.1f}" for loop in loops))


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
