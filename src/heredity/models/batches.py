"""Batches of like length under a token budget, and their padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch

Side = Literal["left", "right"]


@dataclass(frozen=True)
class Padded:
    """A batch: ids, attention mask and positions, each `[batch, tokens]`."""

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    position_ids: torch.Tensor

    def inputs(self) -> dict[str, torch.Tensor]:
        """Return the keyword arguments of a network's forward."""
        return {
            "input_ids": self.input_ids,
            "attention_mask": self.attention_mask,
            "position_ids": self.position_ids,
        }


def by_length(lengths: Sequence[int], token_budget: int) -> list[list[int]]:
    """Return index batches, longest first, each at most `token_budget` tokens padded (at least one row)."""
    order = sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))
    batches: list[list[int]] = []
    for index in order:
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= token_budget:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def pad(rows: Sequence[Sequence[int]], side: Side, pad_id: int, device: torch.device) -> Padded:
    """Return rows of ids padded to the longest; positions count real tokens only, so the side changes nothing."""
    longest = max(len(row) for row in rows)
    ids = torch.full((len(rows), longest), pad_id, dtype=torch.long)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for i, row in enumerate(rows):
        start = longest - len(row) if side == "left" else 0
        ids[i, start : start + len(row)] = torch.tensor(row, dtype=torch.long)
        mask[i, start : start + len(row)] = 1
    positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
    return Padded(ids.to(device), mask.to(device), positions.to(device))
