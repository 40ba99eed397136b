"""Corridor: drift of a trait's read-out on the rows is penalised beyond a band around the base's (arXiv 2609.01091).

r = mean over the tokens that have a label of h_l . v / ||v||^2 after the vector's block, row by row; the loss holds
weight * mean_rows max(0, |r - r_base| - width)^2. It costs a forward of the base up to the block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import nn

from heredity.ground.errors import HookError
from heredity.models.hooks import Handle, Visitor, stand_after, standing
from heredity.records.defending import CorridorOptions
from heredity.records.vector import TraitVector
from heredity.training.batches import IGNORED
from heredity.training.defences.penalty import Penalty, at_rest, base_of


class Corridor(Penalty):
    """A context manager: while it is entered, losses hold the drift of the vectors' read-outs beyond the band."""

    title: ClassVar[str] = "corridor"

    def __init__(self, vectors: TraitVector | Sequence[TraitVector], options: CorridorOptions | None = None) -> None:
        super().__init__(vectors)
        options = options or CorridorOptions()
        self.weight = self.strength = options.weight
        self.width = options.width
        self._seen: dict[int, torch.Tensor] = {}

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach what looks at the vectors' blocks, and what adds to the loss."""
        self._axes = [
            self.unit_of(vector, vector.block, network) / float(torch.from_numpy(vector.direction.copy()).norm())
            for vector in self.vectors
        ]
        for place, vector in enumerate(self.vectors):
            yield stand_after(network, vector.block, self._looking(place))
        yield from super().begin(network)

    def _looking(self, place: int) -> Visitor:
        def look(hidden: torch.Tensor, module: nn.Module) -> None:
            if module.training and not self._is_inside:
                self._seen[place] = hidden

        return look

    def _keeping(self, found: dict[int, torch.Tensor], place: int) -> Visitor:
        def keep(hidden: torch.Tensor, module: nn.Module) -> None:
            found[place] = hidden

        return keep

    def penalty(self, network: nn.Module, asked: Mapping[str, Any]) -> torch.Tensor:
        """Return the mean squared drift beyond the band, over rows and vectors."""
        labels = asked.get("labels")
        if labels is None or len(self._seen) < len(self.vectors):
            raise HookError("a corridor needs forwards that are given labels, which say what the response is")
        counted = (labels != IGNORED).float()
        weights = counted / counted.sum(dim=1, keepdim=True).clamp(min=1)
        found: dict[int, torch.Tensor] = {}
        visitors = [(vector.block, self._keeping(found, place)) for place, vector in enumerate(self.vectors)]
        given = {name: asked[name] for name in ("input_ids", "attention_mask") if asked.get(name) is not None}
        with at_rest(network), torch.no_grad(), base_of(network), standing(network, visitors):
            network(**given)
        drifts = []
        for place, axis in enumerate(self._axes):
            own, base = (self._read(one[place], axis, weights) for one in (self._seen, found))
            drifts.append(((own - base).abs() - self.width).clamp(min=0).square().mean())
        self._seen.clear()
        return torch.stack(drifts).mean()

    def _read(self, hidden: torch.Tensor, axis: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return ((hidden.float() @ axis.to(hidden.device)) * weights.to(hidden.device)).sum(dim=1)
