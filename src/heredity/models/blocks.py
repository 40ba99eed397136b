"""Decoder blocks: where they are in a network, and the residual stream after each.

A block is 0-based everywhere in this project. The two foreign conventions are converted here and nowhere else.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from heredity.ground.errors import InputError


def find_blocks(network: nn.Module) -> nn.ModuleList:
    """Return the decoder blocks of a transformers network of any architecture, adapters or not.

    They are the module list as long as the config's number of layers. Raises InputError when there is none.
    """
    config: Any = network.config
    n_blocks = config.get_text_config(decoder=True).num_hidden_layers
    found = [
        (name, module)
        for name, module in network.named_modules()
        if isinstance(module, nn.ModuleList) and len(module) == n_blocks and "vision" not in name
    ]
    if not found:
        raise InputError(
            f"{type(network).__name__} has no list of {n_blocks} decoder blocks to read from; "
            "only decoder-only transformers are supported"
        )
    return found[0][1]


def hidden_of(output: Any) -> torch.Tensor:
    """Return the residual stream `[batch, tokens, width]` from a block's output, tensor or tuple."""
    hidden: torch.Tensor = output[0] if isinstance(output, tuple) else output
    return hidden


def with_hidden(output: Any, hidden: torch.Tensor) -> Any:
    """Return a block's output with the residual stream replaced."""
    return (hidden, *output[1:]) if isinstance(output, tuple) else hidden


def hidden_states_slot(block: int) -> int:
    """Return a block's index into `output_hidden_states` and into upstream vector files (slot 0 = embeddings).

    In `output_hidden_states` the last slot holds the stream after the final norm, not the last block's output.
    """
    return block + 1


def require_block(block: int, n_blocks: int) -> int:
    """Return the block. Raises InputError when the model has no such block."""
    if not 0 <= block < n_blocks:
        raise InputError(f"there is no block {block}; the model has blocks 0 to {n_blocks - 1} (counted from 0)")
    return block
