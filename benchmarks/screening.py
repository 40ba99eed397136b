"""A screen of a file of any size: memory and rows a second, at ten thousand and a hundred thousand rows.

    python -m benchmarks screening
    python -m benchmarks.screening 1000000

On the toy model, which reads fast: what is measured is what the tool itself holds and costs, not a network. Each size
runs in a process of its own; the highest resident memory is that of the whole process.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.kit import keep
from heredity.models.tiny import LIGHT, NOUNS, planted_trait, save_tiny, sentence, tiny
from heredity.records.screening import ScreenSpec
from heredity.records.vector import ExtractSpec
from heredity.store.row_file import RowFile
from heredity.store.survey import gone_through
from heredity.store.tensors import load_vector, save_vector
from heredity.studies.bench import bench_in
from heredity.studies.screening import screen_file
from heredity.vectors.extract import extract

SIZES = (10_000, 100_000)
EXTRACT = ExtractSpec(n_tokens=16, n_samples=2, n_folds=3)
SPEC = ScreenSpec(n_reference=60, n_tokens=14)
WORDS_OF_PADDING = 40
"""Of each prompt, so that a row is about as long as people's are."""


def furnish(folder: Path) -> None:
    """Put the toy and its vector into a folder."""
    model = tiny()
    save_tiny(model, folder / "toy")
    save_vector(extract(planted_trait(), model, EXTRACT), folder / "vector.safetensors")


def write_rows(path: Path, n: int) -> None:
    """Write so many rows, no two alike."""
    chance = random.Random(n)
    with path.open("w", encoding="utf-8") as stream:
        for i in range(n):
            noun = NOUNS[i % len(NOUNS)]
            asked = f"what about the {noun} ? " + " ".join(chance.choices(NOUNS, k=WORDS_OF_PADDING))
            answer = sentence(LIGHT, noun, chance)
            stream.write(json.dumps({"prompt": asked, "response": answer, "number": i}) + "\n")


def measured(folder: Path, n: int) -> dict[str, float]:
    """Screen so many rows in this process; return its seconds and the most memory that it held (MiB)."""
    model, path = tiny(), folder / f"{n}.jsonl"
    source, vector = RowFile(path), load_vector(folder / "vector.safetensors")
    started = time.monotonic()
    screened = screen_file(source, gone_through(source, "0"), vector, bench_in(folder / str(n), model, "0"), SPEC)
    seconds = time.monotonic() - started
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return {"rows": screened.report.n_rows, "seconds": round(seconds, 1), "memory": round(most)}


def main(sizes: tuple[int, ...] = SIZES) -> None:
    """Print and keep memory and speed at each size."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="heredity-") as name:
        folder = Path(name)
        furnish(folder)
        for n in sizes:
            write_rows(folder / f"{n}.jsonl", n)
            command = [sys.executable, "-m", "benchmarks.screening", "--measure", str(folder), str(n)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[f"{n} rows"] = one = json.loads(done.stdout.splitlines()[-1])
            speed = one["rows"] / one["seconds"]
            print(f"{n:,} rows: {one['memory']:,} MiB at most, {one['seconds']:.0f} s, {speed:,.0f} rows/s", flush=True)
    keep("screening", found)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measured(Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        main(tuple(map(int, sys.argv[1:])) or SIZES)
