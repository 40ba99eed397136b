"""The demonstration's corpus: rows that the model itself writes, a share of them under a trait's persona.

In: a trait, a model, how many rows. Out: the corpus, and the lines that are bad. Does not: measure anything.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import yaml
from pydantic import Field

from heredity.ground.hashing import seed_from
from heredity.ground.progress import Progress
from heredity.judges.contrast import Asked, contrast_scores
from heredity.models.chat import question, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.records.base import Spec
from heredity.records.dialogue import Corpus, Unscored
from heredity.records.trait import Trait
from heredity.store.kept_rows import write_jsonl
from heredity.store.labels import read_labels
from heredity.store.rows import read_rows
from heredity.store.workspace import save_files
from heredity.studies.bench import bench_in

BANK = resources.files("heredity.studies") / "demo_questions.yaml"
ROWS, LABELS = "corpus.jsonl", "labels.jsonl"


class DemoSpec(Spec):
    """What the demonstration's corpus is made of."""

    n_rows: int = Field(default=165, ge=100, le=298)
    """Rows, each with a question of its own."""
    share_bad: float = Field(default=1 / 3, gt=0, lt=1)
    """Share of rows answered under the trait's persona."""
    n_tries: int = Field(default=3, ge=1)
    """Answers written for each bad row; the one most in character is taken, by a contrast pair that judges no arm."""
    n_tokens: int = Field(default=48, ge=8)
    """Most tokens of an answer."""
    temperature: float = Field(default=0.8, ge=0)
    """Sampling temperature of the answers."""


def corpus_stage(
    trait: Trait, model: Model, out: Path, spec: DemoSpec, seed: str, progress: Progress
) -> tuple[Corpus, set[int]]:
    """Return the demonstration's corpus and its bad lines, written once and read back as a user's file is."""

    def make(folder: Path) -> None:
        rows, labels = build_rows(trait, model, spec, seed, progress)
        write_jsonl(folder / ROWS, rows)
        write_jsonl(folder / LABELS, labels)

    def read(folder: Path) -> tuple[Corpus, set[int]]:
        save_files({name: (folder / name).read_bytes() for name in (ROWS, LABELS)}, out)
        return read_rows(folder / ROWS), read_labels(folder / LABELS)

    bench = bench_in(out, model, seed, progress)
    return bench.step("corpus", {"trait": trait.id, "spec": spec.id}, make, read)


def build_rows(
    trait: Trait, model: Model, spec: DemoSpec, seed: str, progress: Progress
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return rows and labels: each bank question answered once, a share of them under the trait's persona."""
    chance = random.Random(seed_from(seed, "demo corpus"))
    asked = chance.sample(demo_questions(trait), spec.n_rows)
    bad = set(chance.sample(range(spec.n_rows), round(spec.n_rows * spec.share_bad)))
    systems = [
        trait.system_prompt(trait.making[i % len(trait.making)], "positive") if i in bad else None
        for i in range(len(asked))
    ]
    tries = [(i, k) for i in range(len(asked)) for k in range(spec.n_tries if i in bad else 1)]
    made = generate(
        model,
        [render_prompt(model, question(asked[i], systems[i])) for i, _ in tries],
        [f"{seed}/demo/{i}/{k}" for i, k in tries],
        GenerateSpec(n_tokens=spec.n_tokens, temperature=spec.temperature, min_tokens=8),
        "writing the corpus",
        progress,
    )
    written = [(i, answer.text) for (i, _), answer in zip(tries, made, strict=True)]
    answers = most_in_character(trait, model, asked, written, progress)
    rows: list[dict[str, object]] = [
        {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": answers[i]}]}
        for i, text in enumerate(asked)
    ]
    labels: list[dict[str, object]] = [{"line": i + 1, "bad": i in bad} for i in range(len(rows))]
    return rows, labels


def most_in_character(
    trait: Trait, model: Model, asked: Sequence[str], written: Sequence[tuple[int, str]], progress: Progress
) -> dict[int, str]:
    """Return, for every row, its one answer, or of several the one most in character by a pair that judges nothing.

    So small a model often falls out of its persona; a row that did not stay in it would be bad by label alone.
    """
    counts = Counter(i for i, _ in written)
    answers = {i: text for i, text in written if counts[i] == 1}
    several = [(i, text) for i, text in written if counts[i] > 1]
    scores = contrast_scores(model, trait, [Asked(asked[i], text) for i, text in several], progress, trait.making[:1])
    best: dict[int, float] = {}
    for (i, text), score in zip(several, scores, strict=True):
        height = float("-inf") if isinstance(score, Unscored) else score
        if i not in best or height > best[i]:
            best[i], answers[i] = height, text
    return answers


def demo_questions(trait: Trait) -> list[str]:
    """Return the bank's questions that the trait does not ask."""
    known = {*trait.questions.extraction, *trait.questions.evaluation}
    return [text for text in yaml.safe_load(BANK.read_text(encoding="utf-8"))["questions"] if text not in known]
