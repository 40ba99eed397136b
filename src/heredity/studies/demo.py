"""The demonstration: a corpus with known bad rows, written by the model itself, and its audit."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import yaml
from pydantic import Field

from heredity.ground.files import require_writable
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.judges.contrast import Asked, contrast_scores
from heredity.models.chat import question, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.records.audit import AuditReport, AuditSpec
from heredity.records.base import Spec
from heredity.records.dialogue import Corpus, Unscored
from heredity.records.lists import ListsReport
from heredity.records.student import TrainSpec
from heredity.records.trait import Trait
from heredity.records.transmission import ImitateSpec, PowerSpec, TransmissionReport, TransmitSpec
from heredity.store.kept_rows import write_jsonl
from heredity.store.labels import read_labels
from heredity.store.rows import read_rows
from heredity.store.workspace import save_files
from heredity.studies.audit import audit
from heredity.studies.bench import bench_in
from heredity.studies.lists import bundled, one_more_pair
from heredity.studies.stages import Known
from heredity.studies.transmission.transmit import transmit

DEMO_AUDIT = AuditSpec(train=TrainSpec(learning_rate=1e-3))
"""The demonstration's audit: a hot fine-tune, so that two passes over few rows show what they teach."""
DEMO_TRANSMIT = TransmitSpec(
    seeds=("0",), student=ImitateSpec(n_steps=18), n_points=2, n_samples=1, power=PowerSpec(least=0.0)
)
"""The demonstration's second act for other models: owl against cat, one seed, soft labels on random numbers."""
BANK = resources.files("heredity.studies") / "demo_questions.yaml"


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


def demo(
    trait: Trait,
    model: Model,
    out: Path | str,
    corpus_spec: DemoSpec | None = None,
    audit_spec: AuditSpec | None = None,
    progress: Progress = SILENCE,
) -> AuditReport:
    """Return the audit of a corpus built in `out`: `corpus.jsonl`, and the labels kept aside in `labels.jsonl`.

    The audit sees the labels only to say how well the screen found them.
    """
    out, audit_spec = require_writable(Path(out)), audit_spec or DEMO_AUDIT
    corpus, bad_lines = corpus_stage(trait, model, out, corpus_spec or DemoSpec(), audit_spec.seed, progress)
    return audit(corpus, trait, model, out, audit_spec, Known(bad_lines=bad_lines), progress)


def demo_transmission(
    trait: Trait, model: Model, out: Path | str, seed: str = "0", progress: Progress = SILENCE
) -> TransmissionReport | ListsReport:
    """Return a pair of students on the package's lists beside a finished study; of another base, a look without proof.

    Lists say next to nothing to another base than their writers', which is shown soft labels on random numbers instead.
    """
    lists = bundled()
    if model.fingerprint == lists.study.fingerprint:
        return one_more_pair(lists, trait, model, Path(out), seed, progress)
    return transmit(trait, model, Path(out), DEMO_TRANSMIT, seed=seed, progress=progress)


def corpus_stage(
    trait: Trait, model: Model, out: Path, spec: DemoSpec, seed: str, progress: Progress
) -> tuple[Corpus, set[int]]:
    """Return the demonstration's corpus and its bad lines, written once and read back as a user's file is."""

    def make(folder: Path) -> None:
        rows, labels = build_rows(trait, model, spec, seed, progress)
        write_jsonl(folder / "corpus.jsonl", rows)
        write_jsonl(folder / "labels.jsonl", labels)

    def read(folder: Path) -> tuple[Corpus, set[int]]:
        save_files({name: (folder / name).read_bytes() for name in ("corpus.jsonl", "labels.jsonl")}, out)
        return read_rows(folder / "corpus.jsonl"), read_labels(folder / "labels.jsonl")

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
