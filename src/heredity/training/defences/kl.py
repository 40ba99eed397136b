"""KL to the base: on everyday answers the student is held to what the base would say.

The loss holds weight * mean_t KL(p_base(. | y_<t, x) || p_student(. | y_<t, x)) over the tokens of the base's own
answers to everyday questions. It costs two forwards of a few rows and a backward pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import nn
from torch.nn import functional

from heredity.ground.errors import InputError
from heredity.models.batches import pad
from heredity.models.chat import Rendered
from heredity.records.defending import KlOptions
from heredity.records.vector import TraitVector
from heredity.training.defences.penalty import Penalty, at_rest, base_of


class KlToBase(Penalty):
    """A context manager: while it is entered, losses hold the divergence from the base on everyday answers."""

    title: ClassVar[str] = "KL to the base"

    def __init__(
        self,
        vectors: TraitVector | Sequence[TraitVector],
        answers: Sequence[Rendered],
        options: KlOptions | None = None,
        pad_id: int = 0,
    ) -> None:
        super().__init__(vectors)
        options = options or KlOptions()
        self.weight = self.strength = options.weight
        self.n_rows, self.answers, self.pad_id = options.rows, tuple(answers), pad_id
        self.n_taken = 0
        if not self.answers:
            raise InputError("KL to the base needs answers to hold the student to, and was given none")

    def penalty(self, network: nn.Module, asked: Mapping[str, Any]) -> torch.Tensor:
        """Return the mean divergence (nats a token) on the next of the answers."""
        rows = [self.answers[(self.n_taken + i) % len(self.answers)] for i in range(self.n_rows)]
        self.n_taken += self.n_rows
        device = next(network.parameters()).device
        padded = pad([row.ids for row in rows], "right", self.pad_id, device)
        predicts = torch.zeros_like(padded.input_ids, dtype=torch.bool)
        for i, row in enumerate(rows):
            predicts[i, row.n_prompt - 1 : len(row.ids) - 1] = True
        given = {"input_ids": padded.input_ids, "attention_mask": padded.attention_mask}
        with at_rest(network):
            student = network(**given).logits[predicts].float()
            with torch.no_grad(), base_of(network):
                base = network(**given).logits[predicts].float()
        log_student, log_base = functional.log_softmax(student, dim=-1), functional.log_softmax(base, dim=-1)
        return (log_base.exp() * (log_base - log_student)).sum(dim=-1).mean()
