"""The past of prompts, kept so that each of many rows can go on from its own.

Only keys and values of plain attention can be dealt out to rows: a state-space or convolution layer keeps one state
for the whole past, which several tokens at once cannot go on from. Where a model has such layers, callers read whole
rows instead.
"""

from __future__ import annotations

import inspect
from typing import Any, Final

import torch
from transformers import DynamicCache, cache_utils

from heredity.models.blocks import text_config
from heredity.models.families import SKIPS_PADDING

PLAIN: Final = tuple(
    getattr(cache_utils, name)
    for name in ("DynamicLayer", "DynamicSlidingWindowLayer", "DummyLayer")
    if hasattr(cache_utils, name)
)
"""Layers that hold keys and values of attention, or nothing at all (they share another layer's)."""


def prompt_cache(network: Any, inputs: dict[str, Any]) -> Any:
    """Return the cache of a batch of prompts, made without the output head; None where whole rows must be read."""
    if not may_be_plain(network):
        return None
    cache = getattr(network.base_model(**inputs, use_cache=True), "past_key_values", None)
    return cache if is_plain(cache) else None


def dealt_out(cache: Any, rows: torch.Tensor) -> Any:
    """Return a plain cache in which row i is what row `rows[i]` was, in place.

    Gradients flow back into the rows that were dealt out, summed in one order: transformers' own way of indexing sums
    them as threads come.
    """
    for layer in cache.layers:
        if getattr(layer, "keys", None) is not None:
            there = rows.to(layer.keys.device)
            layer.keys, layer.values = (past.index_select(0, there) for past in (layer.keys, layer.values))
    return cache


def may_be_plain(network: Any) -> bool:
    """Whether nothing about a network says that its cache holds more than keys and values."""
    if "past_key_values" not in inspect.signature(type(network.base_model).forward).parameters:
        return False
    return is_plain(DynamicCache(config=text_config(network)))


def skips_padding(network: Any) -> bool:
    """Whether a model is known to pass over padding that stands before a prompt, also while it speaks."""
    return may_be_plain(network) or text_config(network).model_type in SKIPS_PADDING


def is_plain(cache: Any) -> bool:
    """Whether a cache holds nothing but keys and values of attention."""
    return type(cache) is DynamicCache and all(type(layer) in PLAIN for layer in cache.layers)
