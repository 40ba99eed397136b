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
    adapter_digest: str = ""
    """As the student's."""


class LeftOut(Record):
    """Examples that were not trained on, all for one reason."""

    reason: str
    n_examples: int
    lines: tuple[int, ...]
    """The rows that they stand in, each once, rising."""

    def __str__(self) -> str:
        return f"{self.n_examples:,} left out ({self.reason})"


class Student(Record):
    """A LoRA student of a base model."""

    schema_version: Literal[1] = SCHEMA_VERSION
    base: str
    base_fingerprint: str
    adapter: str
    """Folder of the adapter's safetensors."""
    adapter_digest: str = ""
    """sha256 of the adapter, weights and config; empty in records written before."""
    corpus: str
    corpus_digest: str
    n_rows: int
    n_examples: int
    """Rows with several assistant turns give several examples."""
    n_left_out: int
    """Examples not trained on: too long, or refused by the chat template."""
    left_out: tuple[LeftOut, ...] = ()
    """Those examples by reason."""
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
    end_of_turn: str = ""
    """What was taught as the end of an answer, and who writes it; empty in records written before."""
    notices: tuple[str, ...] = ()
    """What to know of the model's prompts, of rows that spell its control tokens, and of what no adapter reaches."""

    @property
    def share_left_out(self) -> float:
        """Share of the rows that were not trained on in whole: of which one example at least was left out."""
        lines = {line for one in self.left_out for line in one.lines}
        return len(lines) / self.n_rows if self.n_rows else 0.0
