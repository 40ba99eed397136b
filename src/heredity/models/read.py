"""Pooled activations of any set of blocks, in one pass that stops after the last block asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from heredity.ground.errors import InputError, NonFiniteError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.batches import Side, by_length, pad
from heredity.models.blocks import require_block
from heredity.models.chat import Rendered
from heredity.models.hooks import Visitor, batch_rows, run_until, standing
from heredity.models.model import Model
from heredity.records.reading import Position, Readings

POSITIONS: tuple[Position, ...] = ("response", "prompt", "last_prompt")
"""What is read unless another choice is made."""


@dataclass(frozen=True)
class ReadSpec:
    """How to read."""

    positions: tuple[Position, ...] = POSITIONS
    """What to pool over."""
    token_budget: int = 2048
    """Padded tokens a batch."""
    padding_side: Side = "right"
    """No reading depends on it."""


def read(
    model: Model,
    rows: Sequence[Rendered],
    blocks: Sequence[int],
    spec: ReadSpec | None = None,
    progress: Progress = SILENCE,
) -> Readings:
    """Return the pooled residual stream after each block: one `[rows, blocks, width]` array a position.

    The output head is never run, nor any block after the last one asked for. Raises InputError for a row
    without prompt or response or longer than the context, NonFiniteError for activations with NaN.
    """
    spec = spec or ReadSpec()
    wanted = tuple(require_block(block, model.n_blocks) for block in blocks)
    _require_readable(model, rows)
    shape = (len(rows), len(wanted), len(spec.positions), model.width)
    out = np.empty(shape, dtype=np.float32)
    with torch.no_grad(), progress.task("reading activations", len(rows)) as task:
        for batch in by_length([len(row.ids) for row in rows], spec.token_budget):
            with batch_rows(batch, model.device):
                pooled = _read_batch(model, [rows[i] for i in batch], wanted, spec)
            if not torch.isfinite(pooled).all():
                raise NonFiniteError(f"the model's activations hold NaN or infinity (dtype {model.dtype}); try float32")
            out[batch] = pooled.cpu().numpy()
            task.advance(len(batch))
    pooled_by = {position: out[:, :, i] for i, position in enumerate(spec.positions)}
    model.work.n_tokens += sum(len(row.ids) for row in rows)
    return Readings(wanted, pooled_by)


def _read_batch(model: Model, rows: Sequence[Rendered], blocks: Sequence[int], spec: ReadSpec) -> torch.Tensor:
    """Return `[batch, blocks, positions, width]` float32 on the model's device."""
    padded = pad([row.ids for row in rows], spec.padding_side, model.pad_id, model.device)
    length = padded.input_ids.shape[1]
    weights = torch.stack([_weights(row, length, spec) for row in rows]).to(model.device)
    is_response = torch.stack([_span(row, length, spec, "response") for row in rows]).to(model.device)
    pooled: dict[int, torch.Tensor] = {}

    def pooling(block: int) -> Visitor:
        def pool(hidden: torch.Tensor, module: nn.Module) -> None:
            # float32, autocast or not: a mean over many bfloat16 tokens loses the digits that the vector lives in
            with torch.autocast(model.device.type, enabled=False):
                pooled[block] = torch.bmm(weights.to(hidden.device), hidden.float()).to(model.device)

        return pool

    with standing(model.network, [(block, pooling(block)) for block in sorted(set(blocks))]):
        run_until(model, padded, is_response, max(blocks))
    return torch.stack([pooled[block] for block in blocks], dim=1)


def _weights(row: Rendered, length: int, spec: ReadSpec) -> torch.Tensor:
    """Return `[positions, tokens]`: what each token counts in each pooled mean."""
    spans = torch.stack([_span(row, length, spec, position) for position in spec.positions])
    return spans / spans.sum(dim=1, keepdim=True)


def _span(row: Rendered, length: int, spec: ReadSpec, position: Position) -> torch.Tensor:
    """Return `[tokens]`: 1 where a token of the padded row belongs to the position, else 0."""
    first, end = {
        "response": (row.n_prompt, len(row.ids)),
        "prompt": (row.n_opening, row.n_prompt),
        "last_prompt": (row.n_prompt - 1, row.n_prompt),
        "last_response": (len(row.ids) - 1, len(row.ids)),
    }[position]
    start = length - len(row.ids) if spec.padding_side == "left" else 0
    span = torch.zeros(length)
    span[start + first : start + end] = 1.0
    return span


def _require_readable(model: Model, rows: Sequence[Rendered]) -> None:
    if not rows:
        raise InputError("there is no row to read; every one was left out, or the file was empty")
    for index, row in enumerate(rows):
        if row.n_prompt < 1 or row.n_response < 1:
            raise InputError(f"row {index} has an empty prompt or response; nothing can be read from it")
        if len(row.ids) > model.context_length:
            raise InputError(f"row {index} has {len(row.ids)} tokens but the model attends to {model.context_length}")
