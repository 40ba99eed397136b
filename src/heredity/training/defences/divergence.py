"""A penalty on how far the student's words on benign rows are from the base's.

weight * mean over response tokens of KL(base || student). After the KL regularisation of arXiv 2508.06249, which holds
a student to a safe model; the direction, and benign rows rather than the taught ones, are this project's choice: what
the base would say stays likely, and the lesson itself is not penalised.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import torch
from torch import nn

from heredity.ground.errors import InputError
from heredity.models.batches import pad
from heredity.models.blocks import unwrapped
from heredity.models.chat import Rendered
from heredity.training.defences.penalty import Penalty


class KLPenalty(Penalty):
    """A context manager: while it is entered, steps are penalised for words on benign rows that the base would not say.

    ::

        with KLPenalty(examples_of(model, benign, 1024).rows, weight=1.0).on(network):
            trainer.train()

    `rows` are token ids with the base's own answers. Every `every` steps, `n` of them are read in turn, by base and
    student. It costs two forwards and a backward on these rows a step. Raises InputError without rows.
    """

    name: ClassVar[str] = "kl"
    title: ClassVar[str] = "KL penalty"
    takes_vectors: ClassVar[bool] = False

    def __init__(
        self,
        rows: Sequence[Rendered],
        weight: float = 1.0,
        every: int = 1,
        n: int = 4,
        base: nn.Module | None = None,
    ) -> None:
        super().__init__((), weight, base)
        self.rows = tuple(row for row in rows if row.n_response > 0 < row.n_prompt)
        self.every = every
        self.n = n
        if not self.rows:
            raise InputError("the KL penalty needs benign rows with answers to compare on; it was handed none")

    def terms(self, network: nn.Module) -> Iterator[torch.Tensor]:
        """Yield the mean divergence on the rows whose turn it is."""
        number, rest = divmod(self.step - 1, self.every)
        if rest:
            return
        chosen = [self.rows[(number * self.n + i) % len(self.rows)] for i in range(min(self.n, len(self.rows)))]
        with self.as_base(network) as base:
            usual = _log_p(base, chosen)
        given = _log_p(unwrapped(network), chosen)
        yield (usual.exp() * (usual - given)).sum(-1).mean()


def _log_p(network: nn.Module, rows: Sequence[Rendered]) -> torch.Tensor:
    """Return log p of every id before each response token of all rows, `[tokens, ids]`, in float32."""
    device = next(network.parameters()).device
    padded = pad([row.ids for row in rows], "right", 0, device)
    logits: torch.Tensor = network(**padded.inputs(), use_cache=False).logits
    parts = [logits[i, row.n_prompt - 1 : len(row.ids) - 1] for i, row in enumerate(rows)]
    return torch.log_softmax(torch.cat(parts).float(), dim=-1)
