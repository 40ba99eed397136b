"""Learning rows' answers: the loss of TRL's SFTTrainer on response tokens.

In: examples in ids. Out: a trainer.
Does not: run it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import Trainer, TrainerCallback
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling, SFTTrainer

from heredity.models.model import Model
from heredity.records.student import TrainSpec
from heredity.training.batches import Examples
from heredity.training.settings import arguments, steps_in


@dataclass(frozen=True)
class Answers:
    """Examples to learn, one after the other."""

    model: Model
    examples: Examples
    spec: TrainSpec

    @property
    def n_steps(self) -> int:
        """Optimizer steps of the whole run."""
        return steps_in(len(self.examples.rows), self.spec)

    def trainer(self, adapted: Any, checkpoints: Path, seed: str, callbacks: Sequence[TrainerCallback]) -> Trainer:
        """Return TRL's trainer."""
        return _Trainer(
            model=adapted,
            args=arguments(self.model, self.spec, checkpoints, self.n_steps, seed),
            train_dataset=Dataset.from_dict(self.examples.columns()),
            processing_class=self.model.tokenizer,
            # given none, TRL would look up the tokenizer's pad token, which may have no embedding
            data_collator=DataCollatorForLanguageModeling(pad_token_id=self.model.pad_id),
            callbacks=list(callbacks),
        )


class _Trainer(SFTTrainer):
    """TRL's trainer without its entropy and accuracy figures, each a pass over all logits."""

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        """Return the loss as transformers computes it."""
        return Trainer.compute_loss(self, *args, **kwargs)
