"""One way to stand after a block: to look at the residual stream there, or to change it.

In: a network, and a visitor for each block. Out: nothing but what the visitors keep; the network is as before.
Does not: know what a visitor looks for. One that projects inside its visit has only numbers to hand on, so that no
activation leaves the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import nn

from heredity.models.attention import short_rows
from heredity.models.batches import Padded
from heredity.models.blocks import find_blocks, hidden_of, is_compiled, require_block, with_hidden
from heredity.models.model import Model

Visitor = Callable[[torch.Tensor, nn.Module], torch.Tensor | None]
"""Given the stream after a block, `[batch, tokens, width]`, and the block: None, or the stream to go on with."""
Handle = torch.utils.hooks.RemovableHandle
RESPONSE_MASK: ContextVar[torch.Tensor | None] = ContextVar("response_mask", default=None)
"""Which tokens (`[batch, tokens]`) of the running forward are response; set by what runs the forward."""
BATCH_ROWS: ContextVar[torch.Tensor | None] = ContextVar("batch_rows", default=None)
"""Which rows of a call, from 0, stand in the batch of the running forward (`[batch]`); set by what runs the forward."""


class _Reached(Exception):
    """Ends a forward pass that has given all that was asked."""


def stand_after(network: nn.Module, block: int, visitor: Visitor) -> Handle:
    """Let a visitor stand after a block of a network, wrapped or not, until the handle is removed.

    Visitors of one block are asked in the order in which they came. Raises InputError for a block that is not there.
    """
    blocks = find_blocks(network)

    def hook(module: nn.Module, args: Any, output: Any) -> Any:
        changed = visitor(hidden_of(output), module)
        return None if changed is None else with_hidden(output, changed)

    return blocks[require_block(block, len(blocks))].register_forward_hook(hook)


@contextmanager
def standing(network: nn.Module, visitors: Iterable[tuple[int, Visitor]]) -> Iterator[None]:
    """Let visitors stand after their blocks until the with-block ends, however it ends."""
    handles: list[Handle] = []
    try:
        handles += (stand_after(network, block, visitor) for block, visitor in visitors)
        yield
    finally:
        for handle in handles:
            handle.remove()


def is_visited(network: nn.Module) -> bool:
    """Whether anybody stands after a block."""
    return any(block._forward_hooks or block._forward_pre_hooks for block in find_blocks(network))


@contextmanager
def response_tokens(mask: torch.Tensor) -> Iterator[None]:
    """Say which tokens are response while a forward runs."""
    token = RESPONSE_MASK.set(mask)
    try:
        yield
    finally:
        RESPONSE_MASK.reset(token)


@contextmanager
def batch_rows(rows: Iterable[int], device: torch.device) -> Iterator[None]:
    """Say which rows of a call stand in the batch, in its order, while forwards run."""
    token = BATCH_ROWS.set(torch.tensor(list(rows), device=device))
    try:
        yield
    finally:
        BATCH_ROWS.reset(token)


def streams_after(
    network: nn.Module, inputs: dict[str, torch.Tensor], blocks: Iterable[int]
) -> dict[int, torch.Tensor]:
    """Return the stream after each block, `[batch, tokens, width]`, of one forward that goes no further than they do.

    Gradients flow where they are asked for. Of a compiled network the whole forward is run.
    """
    wanted = sorted(set(blocks))
    seen: dict[int, torch.Tensor] = {}
    may_stop = not is_compiled(network)

    def keeping(block: int) -> Visitor:
        def keep(hidden: torch.Tensor, module: nn.Module) -> None:
            seen[block] = hidden
            if may_stop and block == wanted[-1]:
                raise _Reached

        return keep

    try:
        with standing(network, [(block, keeping(block)) for block in wanted]):
            network(**inputs, use_cache=False)
    except _Reached:
        pass
    return seen


def run_until(model: Model, batch: Padded, is_response: torch.Tensor, last_block: int) -> None:
    """Run a batch up to a block and no further: neither later blocks nor the output head are run."""

    def stop(hidden: torch.Tensor, module: nn.Module) -> None:
        raise _Reached

    try:
        with standing(model.network, [(last_block, stop)]), response_tokens(is_response), short_rows(model.network):
            model.network.base_model(**batch.inputs(), use_cache=False)
    except _Reached:
        pass
