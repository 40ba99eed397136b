"""A fine-tuned model: what was asked, what was used, where its adapter is."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from heredity.ground.errors import InputError
from heredity.records.base import Record, Spec
from heredity.records.provenance import Provenance


class TrainSpec(Spec):
    """How to fine-tune a LoRA student; the loss counts response tokens only."""

    n_epochs: float = Field(default=2.0, gt=0)
    """Passes over the rows."""
    n_steps: int | None = Field(default=None, ge=1)
    """Optimizer steps; None: as many as the passes take. Arms of unequal rows are compared at equal steps."""
    batch_rows: int = Field(default=8, ge=1)
    """Rows a step."""
    rows_at_once: int = Field(default=8, ge=1)
    """Rows in memory at once; must divide `batch_rows`, up to which gradients accumulate. More count as all."""
    learning_rate: float = Field(default=3e-4, gt=0)
    """Peak of a linear schedule, reached after two steps."""
    rank: int = Field(default=16, ge=1)
    """Rank of the LoRA matrices, on every linear layer of the blocks."""
    alpha: int = Field(default=32, ge=1)
    """LoRA scale: updates count alpha / rank."""
    max_tokens: int = Field(default=1024, ge=8)
    """Rows longer than this (or than the context) are left out and counted."""
    save_steps: int = Field(default=20, ge=1)
    """Steps between checkpoints, from which an interrupted run goes on."""
    n_snapshots: int = Field(default=0, ge=0)
    """Adapters to save on the way at equal distances, to see a trait grow."""
    defence: str = "steering"
    """What keeps a trait out, NAME[:option=value]..., several joined by +: steering, ablation, inoculation,
    projection, kl, corridor or masking."""
    prevent_strength: float = Field(default=0.5, ge=0)
    """Multiple of each vector that preventative steering adds where it is told no strength of its own."""
    prevent_all_blocks: bool = False
    """Whether steering and ablation act at every block where they are told no blocks of their own."""

    @model_validator(mode="after")
    def _divides(self) -> Self:
        n_parts(self.batch_rows, self.rows_at_once)
        return self


def n_parts(batch_rows: int, rows_at_once: int) -> int:
    """Return over how many equal parts a step's gradients are summed up.

    Raises InputError where the rows of a step cannot be dealt out evenly: it would train on another number of them.
    """
    at_once = min(rows_at_once, batch_rows)
    if batch_rows % at_once:
        fitting = [n for n in range(1, batch_rows + 1) if batch_rows % n == 0]
        near = max(n for n in fitting if n < at_once)
        raise InputError(
            f"a step of {batch_rows} rows (batch_rows) cannot be dealt out {at_once} at a time (rows_at_once): "
            f"{at_once} does not divide {batch_rows}; set rows_at_once to {near}, or another divisor"
        )
    return batch_rows // at_once


class Receipt(Record):
    """How often a defence acted, and when."""

    n_fires: int = 0
    """Forward passes of a block, or penalties, in which it acted; 0 in records written before."""
    first_step: int | None = None
    """The first training step on which it acted, from 1; None in records written before."""
    last_step: int | None = None

    def after(self, before: Receipt) -> Receipt:
        """Return both together, of a run that was interrupted."""
        firsts = [step for step in (before.first_step, self.first_step) if step is not None]
        lasts = [step for step in (before.last_step, self.last_step) if step is not None]
        n_fires = before.n_fires + self.n_fires
        return Receipt(n_fires=n_fires, first_step=min(firsts, default=None), last_step=max(lasts, default=None))


class Intervention(Receipt):
    """What a defence does along one vector during training; of one that takes none, what it does."""

    kind: str = "preventative steering"
    trait: str = ""
    """Empty for a defence that takes no vector."""
    block: int | None = None
    strength: float
    vector_id: str = ""
    asked: str = ""
    """The defence with its options, as it was asked for; empty in records written before."""

    @property
    def receipt(self) -> Receipt:
        """How often it acted, and when."""
        return Receipt(n_fires=self.n_fires, first_step=self.first_step, last_step=self.last_step)


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

    schema_version: Literal[1] = 1
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
    """Forward passes of a block in which the defence acted."""
    seed: str
    seconds: float
    n_tokens: int
    spec: TrainSpec
    end_of_turn: str = ""
    """What was taught as the end of an answer, and who writes it; empty in records written before."""
    notices: tuple[str, ...] = ()
    """What to know of the model's prompts, of rows that spell its control tokens, and of what no adapter reaches."""
    provenance: Provenance | None = None
    """None where a study made it as one of its steps: the study has it."""

    @property
    def share_left_out(self) -> float:
        """Share of the rows that were not trained on in whole: of which one example at least was left out."""
        lines = {line for left_out in self.left_out for line in left_out.lines}
        return len(lines) / self.n_rows if self.n_rows else 0.0
