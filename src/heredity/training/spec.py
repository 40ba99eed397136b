"""What a fine-tune is asked for."""

from __future__ import annotations

from pydantic import Field

from heredity.records.base import Spec


class TrainSpec(Spec):
    """How to fine-tune a LoRA student; the loss counts response tokens only."""

    n_epochs: float = Field(default=2.0, gt=0)
    """Passes over the rows."""
    batch_rows: int = Field(default=8, ge=1)
    """Rows a step."""
    rows_at_once: int = Field(default=8, ge=1)
    """Rows in memory at once; gradients accumulate up to `batch_rows`."""
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
    """Adapters saved on the way at equal distances, to see a trait grow."""
    prevent_strength: float = Field(default=0.5, ge=0)
    """Multiple of each vector that preventative steering adds; 0 is its control."""
    prevent_all_blocks: bool = False
    """Push increments v_l - v_(l-1) at every block instead of v at the chosen one."""
