"""Networks of several parts on text alone.

While they train, some want to be told which tokens stand for an image: none does.
"""

from __future__ import annotations

import inspect
from typing import Any, Final

import torch

TYPES: Final = ("token_type_ids", "mm_token_type_ids")
"""What a forward is told of the tokens' kinds; 0 is text."""


def on_text(network: Any) -> Any:
    """Return the network, which from now on takes every token as text unless it is told otherwise."""
    wanted = [name for name in TYPES if name in inspect.signature(type(network).forward).parameters]
    if wanted and network.config.get_text_config(decoder=True) is not network.config:
        network.register_forward_pre_hook(_saying_text(wanted), with_kwargs=True)
    return network


def _saying_text(wanted: list[str]) -> Any:
    def say(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        ids = kwargs.get("input_ids", args[0] if args else None)
        if ids is None:
            return args, kwargs
        return args, {**{name: torch.zeros_like(ids) for name in wanted}, **kwargs}

    return say
