"""What keeping freed memory is worth: reading, generating and training, as it comes and kept.

Each setting runs in a process of its own, since it holds for the whole process; settings run in turns. Speeds are
tokens a second; beside them stand the page faults of the run and the most memory that it held.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from functools import partial

from heredity.ground.memory import IN_HUGE_PAGES, TUNABLES

SETTINGS: dict[str, tuple[bool, dict[str, str]]] = {
    "as it comes": (False, {}),
    "kept": (True, {}),
    "kept, huge pages": (False, {TUNABLES: IN_HUGE_PAGES}),
}
"""By name: whether the package keeps memory, and what stands in the environment."""
N_ROUNDS = 3


def measure(is_kept: bool) -> None:
    """Print tokens a second of reading, generating and training, page faults and peak memory, on one line."""
    from heredity.ground.memory import keep_memory

    if is_kept and not keep_memory({}):
        raise SystemExit("this C library cannot be told to keep memory")
    from benchmarks.loops import generating, prompts_for, reading, training, warm_speed
    from benchmarks.reading import rows_of
    from heredity.models.load import load
    from heredity.models.weights import trainable_copy
    from heredity.training.imitate import lessons

    model = load()
    rows = rows_of(model)
    batch = lessons(rows[:8])
    loops = (
        partial(reading, model, rows, model.n_blocks - 1),
        partial(generating, model, prompts_for(model, 64), 48),
        partial(training, trainable_copy(model, "student"), [batch, batch]),
    )
    speeds = [warm_speed(loop) for loop in loops]
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(*(f"{one:.1f}" for one in speeds), used.ru_minflt / 1e6, used.ru_maxrss / 2**20)


def main() -> None:
    """Print the median figures and their spread, by setting."""
    found: dict[str, list[list[float]]] = {name: [] for name in SETTINGS}
    for _ in range(N_ROUNDS):
        for name, (is_kept, setting) in SETTINGS.items():
            run = subprocess.run(
                [sys.executable, "-c", f"from benchmarks.memory import measure; measure({is_kept})"],
                env={"GOMP_SPINCOUNT": "4000", **os.environ, **setting}, capture_output=True, text=True, check=True,
            )  # fmt: skip
            found[name].append([float(value) for value in run.stdout.split()])
    from benchmarks.kit import figure, keep, ratio

    kinds = ("reading", "generating", "training")
    by_kind = {name: list(zip(*rounds, strict=True)) for name, rounds in found.items()}
    kept = {}
    for name, columns in by_kind.items():
        for kind, column, usual in zip(kinds, columns, by_kind["as it comes"], strict=False):
            kept[f"{kind}, {name}"] = figure(column, "tokens/s")
            kept[f"{kind}, {name}, ratio"] = ratio(column, usual)
    keep("memory", kept)
    print("tokens a second; millions of page faults; GiB held at most:")
    for name, rounds in found.items():
        figures = [f"{statistics.median(x):,.4g} ({min(x):,.4g}-{max(x):,.4g})" for x in zip(*rounds, strict=True)]
        print(f"  {name:<17} reading {figures[0]}   generating {figures[1]}   training {figures[2]}")
        print(f"  {'':<17} faults {figures[3]}   memory {figures[4]}", flush=True)


if __name__ == "__main__":
    main()
