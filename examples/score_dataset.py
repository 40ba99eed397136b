"""A column of scores with datasets.map: python examples/score_dataset.py MODEL VECTOR ROWS

The score is the projection of a row's mean response activation on the vector; `heredity screen` adds thresholds.
"""

import sys

import numpy as np
from datasets import Dataset

import heredity as h
from heredity.models.chat import render
from heredity.records.dialogue import Turn


def main(name: str, vector: str, rows: str) -> None:
    model, trait = h.load(name), h.load_vector(vector)
    direction = trait.direction / np.linalg.norm(trait.direction)

    def scored(batch: dict[str, list[list[dict[str, str]]]]) -> dict[str, list[float]]:
        talks = [[Turn.model_validate(turn) for turn in talk] for talk in batch["messages"]]
        rendered = [render(model, talk[:-1], talk[-1].content) for talk in talks]
        means = h.read(model, rendered, [trait.block]).at("response", trait.block)
        return {trait.header.trait.name: [float(mean @ direction) for mean in means]}

    talks = [{"messages": [turn.model_dump() for turn in row.turns]} for row in h.rows(rows).rows]
    table = Dataset.from_list(talks).map(scored, batched=True, batch_size=64)
    scores = table[trait.header.trait.name]
    print(f"{len(scores)} rows, {trait.header.trait.name} {min(scores):.2f} to {max(scores):.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
