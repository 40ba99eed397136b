"""A fine-tuned model: what was asked, what was used, where its adapter is."""

from __future__ import annotations

from typing import Literal

from heredity.records.base import SCHEMA_VERSION, Record


class Intervention(Record):
    """A push along one vector at one block during training."""

    trait: str
    block: int
    strength: float
    vector_id: str


class Snapshot(Record):
    """The adapter as it was after some of the steps."""

    step: int
    adapter: str


class Student(Record):
    """A LoRA student of a base model."""

    schema_version: Literal[1] = SCHEMA_VERSION
    base: str
    base_fingerprint: str
    adapter: str
    """Folder of the adapter's safetensors."""
    corpus: str
    corpus_digest: str
    n_rows: int
    n_examples: int
    """Rows with several assistant turns give several examples."""
    n_too_long: int
    n_steps: int
    losses: tuple[float, ...]
    """Training loss (nats per response token) at each logged step."""
    interventions: tuple[Intervention, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    """Earlier stages of the same run, in order; the last step is the adapter itself."""
    n_fires: int = 0
    """Forward passes of a block in which the push was added."""
    seed: str
    seconds: float
    n_tokens: int
    spec: dict[str, str | int | float | bool | None]
