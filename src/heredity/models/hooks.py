"""One way to stand after a block: to look at the residual stream there, or to change it.

In: a network, and a visitor for each block. Out: nothing but what the visitors keep; the network is as before.
Does not: know what a visitor looks for. One that projects inside its visit has only numbers to hand on, so that no
activation leaves the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

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
SAME_FOR_ALL: WeakSet[Callable[..., Any]] = WeakSet()
"""Hooks of visitors that do the same to every row and keep nothing of any."""


class _Reached(Exception):
    """Ends a forward pass that has given all that was asked."""


def stand_after(network: nn.Module, block: int, visitor: Visitor, is_same_for_all: bool = False) -> Handle:
    """Let a visitor stand after a block of a network, wrapped or not, until the handle is removed.

    With `is_same_for_all` it does the same to every row and keeps nothing of any: rows that are equal stay equal, and
    may be read once. Visitors of one block are asked in the order in which they came. Raises InputError for a block
    that is not there.
    """
    blocks = find_blocks(network)

    def hook(module: nn.Module, args: Any, output: Any) -> Any:
        changed = visitor(hidden_of(output), module)
        return None if changed is None else with_hidden(output, changed)

    if is_same_for_all:
        SAME_FOR_ALL.add(hook)
    return blocks[require_block(block, len(blocks))].register_forward_hook(hook)


def stand_behind(network: nn.Module, visitor: Callable[[nn.Module, Mapping[str, Any], Any], Any]) -> Handle:
    """Let a visitor stand behind a whole network until the handle is removed, also where its forward fails.

    It is given the network, what that was asked by name, and what it returns (None where it failed), and returns None,
    or what is returned in its place.
    """

    def hook(module: nn.Module, args: Any, asked: Mapping[str, Any], output: Any) -> Any:
        return visitor(module, asked, output)

    return network.register_forward_hook(hook, with_kwargs=True, always_call=True)


def forget_compiled(network: nn.Module) -> None:
    """Let code that torch.compile has made of a network, if any, be made anew: it would go on without later visitors.

    Going through all modules of a network under adapters takes milliseconds: once for all visitors is enough.
    """
    if is_compiled(network):
        torch.compiler.reset()


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


def parts_rows(network: nn.Module) -> bool:
    """Whether equal rows may come to differ after a block, or each is looked at: by anybody not known to do neither."""
    blocks = find_blocks(network)
    return any(block._forward_pre_hooks for block in blocks) or any(
        hook not in SAME_FOR_ALL for block in blocks for hook in block._forward_hooks.values()
    )


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


def run_until(model: Model, batch: Padded, is_response: torch.Tensor, last_block: int) -> None:
    """Run a batch up to a block and no further: neither later blocks nor the output head are run."""

    def stop(hidden: torch.Tensor, module: nn.Module) -> None:
        raise _Reached

    try:
        with standing(model.network, [(last_block, stop)]), response_tokens(is_response), short_rows(model.network):
            model.network.base_model(**batch.inputs(), use_cache=False)
    except _Reached:
        pass
