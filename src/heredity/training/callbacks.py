"""What happens while a fine-tune runs: progress is told, checkpoints and snapshots are written and marked.

In: steps as they are done. Out: whole, marked folders.
Does not: decide what is trained.
"""

from __future__ import annotations

import math
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from heredity.ground.errors import NonFiniteError
from heredity.ground.files import whole_folder
from heredity.ground.progress import Task
from heredity.records.student import Receipt, TrainSpec
from heredity.training.defences.defence import Defence
from heredity.training.resume import CHECKPOINTS, SNAPSHOTS, Mark, RunIdentity, numbered, put_mark


@dataclass
class Log:
    """What a run has come to, over all the times that it was started, and the marks that say so."""

    run: RunIdentity
    folder: Path
    before: Mark
    """What it had come to when it was stopped last."""
    defence: Defence | None
    started: float = field(default_factory=time.monotonic)

    def mark(self) -> Mark:
        """Return the mark of what is written now."""
        now = self.defence.receipts if self.defence else ()
        before = self.before.receipts or (Receipt(),) * len(now)
        receipts = tuple(one.after(earlier) for one, earlier in zip(now, before, strict=True))
        seconds = time.monotonic() - self.started
        return Mark(run=self.run, receipts=receipts, seconds=self.before.seconds + seconds)

    def save(self, adapted: Any, place: Path) -> None:
        """Write the adapter as it is, whole or not at all, with its mark."""
        with whole_folder(place) as part:
            adapted.save_pretrained(part, safe_serialization=True)
            put_mark(part, self.mark())


class Watch(TrainerCallback):
    """Tells the progress, marks what is whole, and stops at a loss that is no number."""

    def __init__(self, task: Task, log: Log) -> None:
        self.task = task
        self.log = log

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Count the steps of a resumed run as done."""
        self.task.advance(state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Count one step."""
        self.task.advance()

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Mark the checkpoint as whole, then delete those before it.

        Without the pickled arguments: nothing written here runs code when it is read.
        """
        *older, last = numbered(self.log.folder / CHECKPOINTS)
        (last / "training_args.bin").unlink(missing_ok=True)
        put_mark(last, self.log.mark())
        for place in older:
            shutil.rmtree(place)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Raise NonFiniteError when the loss is NaN or infinite."""
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            defence = self.log.defence
            under = f" under {defence.title}" if defence else ""
            softer = f"{defence.softer}; or " if defence else ""
            raise NonFiniteError(
                f"the training loss became {loss} at step {state.global_step}{under}; {softer}lower the learning rate, "
                "or use float32"
            )


class Snapshots(TrainerCallback):
    """Saves the adapter at equal distances on the way."""

    def __init__(self, adapted: Any, log: Log, n_steps: int, spec: TrainSpec) -> None:
        self.adapted = adapted
        self.log = log
        self.steps = snapshot_steps(n_steps, spec)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Save one stage; a resumed run saves those that are still to come."""
        if state.global_step in self.steps:
            self.log.save(self.adapted, snapshot_place(self.log.folder, state.global_step))


def snapshot_place(folder: Path, step: int) -> Path:
    """Return where the adapter of one step lies."""
    return folder / SNAPSHOTS / f"step-{step:06d}"


def snapshot_steps(n_steps: int, spec: TrainSpec) -> list[int]:
    """Return the steps after which the adapter is saved: equal distances, without the last step."""
    return sorted({round(n_steps * k / (spec.n_snapshots + 1)) for k in range(1, spec.n_snapshots + 1)} - {0, n_steps})
