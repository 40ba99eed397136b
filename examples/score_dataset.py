"""A column of scores with datasets.map: python examples/score_dataset.py MODEL VECTOR ROWS

One number a row, in whatever shape the rows come; `heredity screen` adds thresholds. With `num_proc`, every process
loads the model on a GPU of its own. The same vector, model and columns are found again, and not made twice.
"""

import sys

from datasets import load_dataset

import heredity as h


def main(name: str, vector: str, rows: str) -> None:
    table = load_dataset("json", data_files=rows, split="train")
    table = table.map(h.scorer(vector, name), batched=True, batch_size=64, with_rank=True)
    trait = h.load_vector(vector).header.trait.name
    scores = [score for score in table[trait] if score is not None]  # None: a row that cannot be used
    print(f"{len(scores)} rows, {trait} {min(scores):.2f} to {max(scores):.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
