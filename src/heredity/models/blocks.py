"""Decoder blocks: where they are in a network, and the residual stream after each.

A block is 0-based everywhere in this project. The two foreign conventions are converted here and nowhere else.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from heredity.ground.errors import InputError

WRAPPERS = ("_orig_mod", "module")
"""Where torch.compile, and DataParallel with its kin, keep the network that they wrap."""
OTHER_TOWERS = ("vision", "visual", "audio", "image")
"""Parts of a composite network that do not read its text."""


def unwrapped(network: Any) -> Any:
    """Return the network inside wrappers that know no config: DataParallel, DDP, FSDP, in any order with compile."""
    inner = network
    while not hasattr(inner, "config"):
        kept = next((getattr(inner, name) for name in WRAPPERS if hasattr(inner, name)), None)
        if kept is None:
            raise InputError(f"{type(network).__name__} is no transformers network: it has no config")
        inner = kept
    return inner


def is_compiled(network: nn.Module) -> bool:
    """Whether torch.compile wraps a network or a part of it, or stands for its forward."""
    parts = (network, *network.modules())
    return any(hasattr(part, "_orig_mod") or part.__dict__.get("_compiled_call_impl") is not None for part in parts)


def text_config(network: Any) -> Any:
    """Return the config of the decoder, also where the network is of several parts, or wrapped."""
    return unwrapped(network).config.get_text_config(decoder=True)


def find_blocks(network: nn.Module) -> nn.ModuleList:
    """Return the decoder blocks of a transformers network of any architecture, adapters and wrappers or not.

    Raises InputError when there are none, or when they hand on several residual streams rather than one.
    """
    config = text_config(network)
    if getattr(config, "altup_num_inputs", 1) > 1:
        raise InputError(
            f"{config.model_type} keeps {config.altup_num_inputs} residual streams side by side (AltUp); a direction "
            "has no one stream to be read from or added to. Its answers can be generated and graded all the same"
        )
    return block_list(network)[1]


def require_readable(network: nn.Module) -> None:
    """Raise InputError for a network whose residual stream cannot be read, before work is done that leans on it."""
    find_blocks(network)


def block_list(network: nn.Module) -> tuple[str, nn.ModuleList]:
    """Return the name and the list of the decoder blocks: the module list as long as the config's number of layers.

    Raises InputError when there is none.
    """
    n_blocks = text_config(network).num_hidden_layers
    for name, module in network.named_modules():
        is_list = isinstance(module, nn.ModuleList) and len(module) == n_blocks
        if is_list and not any(tower in name for tower in OTHER_TOWERS):
            return name, module
    raise InputError(
        f"{type(network).__name__} has no list of {n_blocks} decoder blocks to read from; "
        "only decoder-only transformers are supported"
    )


def hidden_of(output: Any) -> torch.Tensor:
    """Return the residual stream `[batch, tokens, width]` from a block's output, tensor or tuple.

    Raises InputError where the block gives anything else: several streams at once, say.
    """
    hidden: torch.Tensor = output[0] if isinstance(output, tuple) else output
    if hidden.dim() != 3:
        raise InputError(
            f"a block of this model gives a tensor of shape {tuple(hidden.shape)} where [batch, tokens, width] is "
            "read; models with several residual streams are not supported"
        )
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
