"""Push the residual stream along vectors, for the length of a with-block.

h_l <- h_l + strength * v_l  ([PV] section 3.2), v_l not normalised.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from heredity.ground.errors import HookError, InputError, NonFiniteError
from heredity.models.blocks import text_config
from heredity.models.hooks import BATCH_ROWS, RESPONSE_MASK, Handle, forget_compiled, stand_after
from heredity.models.model import Model

Where = Literal["all", "response"]


@dataclass(frozen=True)
class Push:
    """One vector (`[width]`) added to the residual stream after one block, times a strength."""

    block: int
    vector: NDArray[np.float32]
    strength: float
    row: int | None = None
    """The one row that it pushes, by its place among those that are generated or read, from 0; None: all of them."""


@dataclass
class Fires:
    """How often a push was added: one count a forward pass of a pushed block."""

    count: int = 0
    per_block: dict[int, int] = field(default_factory=dict)

    def add(self, block: int) -> None:
        """Count one."""
        self.count += 1
        self.per_block[block] = self.per_block.get(block, 0) + 1


@contextmanager
def steered(model: Model, pushes: Sequence[Push], where: Where = "all") -> Iterator[Fires]:
    """Push a model's residual stream at all tokens, or at response tokens only, until the block ends.

    Strength 0 runs the same path and changes no value: it is the control. Pushes of single rows hold for `generate`,
    `read` and `read_tokens`, however these deal out their rows. On leaving, also by an exception, the model is as
    before. Raises InputError for a vector of another width, a row below 0 or a block that is not there, NonFiniteError
    for a vector with NaN, HookError when the block ended and no push was ever added, or where a forward does not say
    whose rows it has.
    """
    fires = Fires()
    handles: list[Handle] = []
    forget_compiled(model.network)
    try:
        handles += (hook_push(model.network, push, fires, where) for push in pushes if push.row is None)
        handles += (hook_rows(model.network, own, fires, where) for own in _by_block(pushes))
        yield fires
    finally:
        for handle in handles:
            handle.remove()
    if fires.count == 0:
        raise HookError("the model was to be steered but no forward pass went through a steered block")


def hook_push(
    network: nn.Module, push: Push, fires: Fires, where: Where = "all", only_training: bool = False
) -> Handle:
    """Attach one push to a network, wrapped or not, and return the handle that removes it.

    With `only_training` the push is added only while the block is in training mode. Code that torch.compile has made
    of the network goes on without the push unless it is forgotten (`hooks.forget_compiled`), once for all pushes.
    """
    vector = _vector_of(push, network)
    steps: dict[tuple[torch.device, torch.dtype], torch.Tensor] = {}

    def add(hidden: torch.Tensor, module: nn.Module) -> torch.Tensor | None:
        if only_training and not module.training:
            return None
        kind = (hidden.device, hidden.dtype)
        if kind not in steps:  # a network in several parts, or on several devices, has its blocks in several places
            steps[kind] = (push.strength * vector.to(hidden.device)).to(hidden.dtype)
        step = steps[kind]
        fires.add(push.block)
        return hidden + (step if where == "all" else step * _is_response(hidden))

    return stand_after(network, push.block, add, is_same_for_all=True)


def hook_rows(network: nn.Module, pushes: Sequence[Push], fires: Fires, where: Where = "all") -> Handle:
    """Attach pushes of single rows, all after one block, and return the handle that removes them.

    Rows that are not named are left alone. One visitor serves all rows, whatever their number. For compiled code holds
    what `hook_push` says.
    """
    block, n_rows = pushes[0].block, 1 + max(push.row or 0 for push in pushes)
    table = torch.zeros(n_rows + 1, text_config(network).hidden_size)  # the last one is of all that are not named
    for push in pushes:
        if push.row is None or push.row < 0:
            raise InputError(f"a push of one row needs its place, from 0, but was given {push.row}")
        table[push.row] += push.strength * _vector_of(push, network)

    def add(hidden: torch.Tensor, module: nn.Module) -> torch.Tensor:
        rows = BATCH_ROWS.get()
        if rows is None or len(rows) != len(hidden):
            raise HookError("a push of single rows needs to know which rows a forward has; generate, or read, them")
        step = table.to(hidden.device)[rows.to(hidden.device).clamp(max=n_rows)].to(hidden.dtype).unsqueeze(1)
        fires.add(block)
        return hidden + (step if where == "all" else step * _is_response(hidden))

    return stand_after(network, block, add)


def _by_block(pushes: Sequence[Push]) -> list[list[Push]]:
    found: dict[int, list[Push]] = {}
    for push in pushes:
        if push.row is not None:
            found.setdefault(push.block, []).append(push)
    return list(found.values())


def _vector_of(push: Push, network: nn.Module) -> torch.Tensor:
    vector = torch.from_numpy(np.asarray(push.vector, dtype=np.float32))
    width = text_config(network).hidden_size
    if vector.shape != (width,):
        raise InputError(f"the vector has shape {tuple(vector.shape)} but the model's width is {width}")
    if not torch.isfinite(vector).all():
        raise NonFiniteError("the vector to steer with holds NaN or infinity; extract it again")
    return vector


def _is_response(hidden: torch.Tensor) -> torch.Tensor:
    mask = RESPONSE_MASK.get()
    if mask is None:
        raise HookError("response-only steering needs to know the response tokens; run the model by this package")
    return mask.unsqueeze(-1).to(hidden)
