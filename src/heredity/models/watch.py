"""Read every token while it is spoken, or afterwards: projections computed inside the hook.

What leaves a block is projected on a few directions at once (one small matrix product) and only the numbers are kept:
the activations themselves never leave the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from heredity.ground.errors import HookError, InputError, NonFiniteError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.batches import by_length, pad
from heredity.models.blocks import require_block
from heredity.models.chat import Rendered
from heredity.models.hooks import Visitor, batch_rows, run_until, standing
from heredity.models.model import Model
from heredity.stats.arrays import Singles

Listener = Callable[[list[int], Singles], None]
"""Is told, a step, the ids of the tokens just read (`[batch]`) and their projections (`[batch, sights]`)."""


@dataclass(frozen=True)
class Sight:
    """One direction (`[width]`, not normalised here) to project on after one block."""

    block: int
    direction: Singles


@dataclass
class Watch:
    """Projections seen so far, one tensor `[batch, tokens, sights of the block]` a forward and block."""

    n_sights: int
    columns: dict[int, list[int]]
    """Which sights each block serves."""
    listener: Listener | None = None
    seen: dict[int, list[torch.Tensor]] = field(default_factory=dict)

    @property
    def last_block(self) -> int:
        """The deepest block watched."""
        return max(self.columns)

    def latest(self) -> Singles:
        """Return the projections of the token read last, `[batch, sights]`."""
        return self._assembled({block: kept[-1][:, -1:] for block, kept in self.seen.items()})[:, 0]

    def take(self) -> Singles:
        """Return all that was seen, `[batch, tokens, sights]`, and forget it.

        Raises HookError when nothing was, NonFiniteError for NaN or infinity.
        """
        if not self.seen:
            raise HookError("the model was to be watched but no forward pass went through a watched block")
        whole = self._assembled({block: torch.cat(kept, dim=1) for block, kept in self.seen.items()})
        self.seen.clear()
        return whole

    def _assembled(self, by_block: dict[int, torch.Tensor]) -> Singles:
        n_rows, n_tokens, _ = next(iter(by_block.values())).shape
        out = np.empty((n_rows, n_tokens, self.n_sights), dtype=np.float32)
        for block, values in by_block.items():
            if not torch.isfinite(values).all():
                raise NonFiniteError(
                    f"the model's activations after block {block} hold NaN or infinity; load it in float32"
                )
            out[:, :, self.columns[block]] = values.cpu().numpy()
        return out


@contextmanager
def watched(model: Model, sights: Sequence[Sight]) -> Iterator[Watch]:
    """Project the residual stream after each sight's block on its direction, until the with-block ends.

    Enter it inside `steered` to see the pushed stream. Raises InputError for a direction of another width or a block
    that is not there.
    """
    if not sights:
        raise InputError("there is nothing to watch; give at least one vector")
    columns: dict[int, list[int]] = {}
    for i, sight in enumerate(sights):
        if sight.direction.shape != (model.width,):
            raise InputError(f"a direction has shape {sight.direction.shape} but the model's width is {model.width}")
        columns.setdefault(require_block(sight.block, model.n_blocks), []).append(i)
    watch = Watch(len(sights), columns)
    visitors: list[tuple[int, Visitor]] = []
    for block, places in columns.items():
        stacked = np.stack([sights[i].direction for i in places], axis=1).astype(np.float32)
        visitors.append((block, _projecting(watch, block, torch.from_numpy(stacked).to(model.device))))
    with standing(model.network, visitors):
        yield watch


def read_tokens(
    model: Model,
    rows: Sequence[Rendered],
    sights: Sequence[Sight],
    token_budget: int = 2048,
    progress: Progress = SILENCE,
) -> list[Singles]:
    """Return, for every row, `[1 + response tokens, sights]`: the last prompt token first.

    The forward stops after the last block watched. Raises InputError for a row without prompt or response,
    NonFiniteError for activations with NaN or infinity.
    """
    if any(row.n_prompt < 1 or row.n_response < 1 for row in rows):
        raise InputError("a row has an empty prompt or response; nothing can be read from it")
    out: dict[int, Singles] = {}
    with watched(model, sights) as watch, torch.no_grad(), progress.task("reading tokens", len(rows)) as task:
        for batch in by_length([len(row.ids) for row in rows], token_budget):
            chosen = [rows[i] for i in batch]
            with batch_rows(batch, model.device):
                _forward(model, chosen, watch.last_block)
            for i, row, scores in zip(batch, chosen, watch.take(), strict=True):
                out[i] = scores[row.n_prompt - 1 : len(row.ids)]
            task.advance(len(batch))
    model.work.n_tokens += sum(len(row.ids) for row in rows)
    return [out[i] for i in range(len(rows))]


def _forward(model: Model, rows: Sequence[Rendered], last_block: int) -> None:
    padded = pad([row.ids for row in rows], "right", model.pad_id, model.device)
    is_response = torch.zeros_like(padded.input_ids)
    for i, row in enumerate(rows):
        is_response[i, row.n_prompt : len(row.ids)] = 1
    run_until(model, padded, is_response, last_block)


def _projecting(watch: Watch, block: int, matrix: torch.Tensor) -> Visitor:
    """Return the visitor of one block; `matrix` is `[width, sights of the block]`."""

    def project(hidden: torch.Tensor, module: nn.Module) -> None:
        # float32: the sum over the width would lose in bfloat16 the digits that tell traits apart
        watch.seen.setdefault(block, []).append((hidden.float() @ matrix.to(hidden.device)).to(matrix.device))

    return project
