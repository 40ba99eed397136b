"""A penalty on drift of a trait's read-out: the student may move along the vector within a band around the base.

r = mean over a row's response tokens of h_l . v / ||v||^2, after the vector's block, of student and base on the same
tokens; weight * mean over rows of max(0, |r_student - r_base| - width)^2 (arXiv 2609.01091, with the read-out in
lengths of the vector).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import torch
from torch import nn

from heredity.ground.errors import HookError
from heredity.models.blocks import require_readable, unwrapped
from heredity.models.hooks import Handle, streams_after
from heredity.records.vector import TraitVector
from heredity.training.defences.feed import Feed
from heredity.training.defences.penalty import Penalty

Kept = tuple[dict[str, torch.Tensor], torch.Tensor]
"""What one forward was given, and which of its tokens are response."""


class Corridor(Penalty):
    """A context manager: while it is entered, steps are penalised for read-outs outside the band.

    The rows of a step are read again when it ends, by base and student, up to the vectors' blocks and no further. Which
    tokens are response follows from the labels (`feed.py`; tokens that `masking` leaves out of the loss are not read);
    raises HookError in the forward where they are not known, and for rows that are packed into one.
    """

    name: ClassVar[str] = "corridor"
    title: ClassVar[str] = "corridor penalty"

    def __init__(
        self,
        vectors: TraitVector | Sequence[TraitVector],
        weight: float = 10.0,
        width: float = 0.1,
        base: nn.Module | None = None,
    ) -> None:
        super().__init__(vectors, weight, base)
        self.width = width
        self.feed = Feed()
        self._kept: list[Kept] = []
        self._is_read = False

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach to training forwards, whose rows are kept until the step, and to the steps."""
        self._kept = []
        require_readable(network)
        for vector in self.vectors:
            self.unit_of(vector, vector.block, network)
        yield from self.feed.begin(network, self._keep)
        yield from super().begin(network)

    def terms(self, network: nn.Module) -> Iterator[torch.Tensor]:
        """Yield the penalty of every forward of the step."""
        self._is_read = True
        n_rows = sum(int(is_response.any(1).sum()) for _, is_response in self._kept)
        for inputs, is_response in self._kept:
            with self.as_base(network) as base:
                usual = self._read_outs(base, inputs, is_response)
            drift = (self._read_outs(unwrapped(network), inputs, is_response) - usual).abs()
            yield (drift - self.width).clamp(min=0).square().sum() / max(1, n_rows)

    def _keep(self) -> None:
        ids = self.feed.inputs.get("input_ids")
        if ids is None or self.feed.is_packed:
            raise HookError("the corridor reads each row by itself: hand input_ids to the forward, and pack no rows")
        if self._is_read:
            self._kept, self._is_read = [], False
        self._kept.append((self.feed.inputs, self.feed.response(ids)))

    def _read_outs(
        self, network: nn.Module, inputs: dict[str, torch.Tensor], is_response: torch.Tensor
    ) -> torch.Tensor:
        """Return `[vectors, rows that have a response]`."""
        found = streams_after(network, inputs, [vector.block for vector in self.vectors])
        has_any = is_response.any(1)
        read = []
        for vector in self.vectors:
            hidden = found[vector.block]
            direction = torch.from_numpy(vector.direction.copy()).to(hidden.device)
            along = hidden.float() @ (direction / direction.square().sum())
            counts = is_response.to(along)
            read.append(((along * counts).sum(1)[has_any] / counts.sum(1)[has_any]).to(inputs["input_ids"].device))
        return torch.stack(read)
