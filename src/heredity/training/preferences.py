"""Learning preferences: the loss of TRL's DPOTrainer on pairs of answers (arXiv 2305.18290, equation 7).

In: pairs in ids. Out: a trainer whose reference is the network without its adapter, in evaluation mode.
Does not: run it.

TRL's own reference forward is one of training mode: what acts on training forwards would act on it as well, and the
student would be held to a pushed reference. Here it runs in evaluation mode, and a defence that acted on it raises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import Trainer, TrainerCallback
from trl.trainer.dpo_trainer import DataCollatorForPreference, DPOTrainer

from heredity.ground.errors import HookError
from heredity.models.model import Model
from heredity.records.student import PreferSpec
from heredity.training.defences.defence import Defence
from heredity.training.pairs import PairExamples
from heredity.training.settings import preference_arguments, steps_in

REFERENCE = "ref"
"""What TRL calls its copy of an adapter that was there before."""


@dataclass(frozen=True)
class Choices:
    """Pairs to learn the chosen side of, and what defends meanwhile."""

    model: Model
    examples: PairExamples
    spec: PreferSpec
    defence: Defence | None

    @property
    def n_steps(self) -> int:
        """Optimizer steps of the whole run."""
        return steps_in(len(self.examples.rows), self.spec.train)

    def trainer(self, adapted: Any, checkpoints: Path, seed: str, callbacks: Sequence[TrainerCallback]) -> Trainer:
        """Return TRL's trainer, its reference the network with the adapter taken off."""
        made = _Trainer(
            model=adapted,
            args=preference_arguments(self.model, self.spec, checkpoints, self.n_steps, seed),
            train_dataset=Dataset.from_dict(self.examples.columns()),
            processing_class=self.model.tokenizer,
            data_collator=DataCollatorForPreference(pad_token_id=self.model.pad_id),
            callbacks=list(callbacks),
        )
        made.defence = self.defence
        made.precompute_ref_logps = True  # the loss takes the reference from the batch, where `compute_loss` puts it
        if REFERENCE in adapted.peft_config:  # a copy of the fresh adapter, which would be saved beside it
            adapted.delete_adapter(REFERENCE)
        return made


class _Trainer(DPOTrainer):
    """TRL's trainer, whose pairs come in ids and whose reference forwards are evaluation."""

    defence: Defence | None = None

    def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        return dataset

    def compute_loss(self, model: Any, inputs: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Return TRL's loss of a batch, its reference found first."""
        chosen, rejected = self.reference(inputs)
        known = {**inputs, "ref_chosen_logps": chosen, "ref_rejected_logps": rejected}
        trl: Any = super()
        return trl.compute_loss(model, known, *args, **kwargs)

    def reference(self, inputs: Mapping[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the log p of both sides by the untouched base, `[pairs]` each, in evaluation mode.

        Raises HookError where the defence acted on it.
        """
        network: Any = self.model
        untyped: Any = self
        was_training = network.training
        n_before = self.defence.fires.count if self.defence else 0
        network.eval()
        try:
            chosen, rejected = untyped.compute_ref_log_probs(network, inputs)
        finally:
            network.train(was_training)
        if self.defence and self.defence.fires.count != n_before:
            raise HookError(
                f"{self.defence.title} acted on the forward of the reference, which is no training: the student would "
                "be held to a base that is pushed; let the defence act only where a module is training"
            )
        return chosen, rejected
