"""A fresh LoRA on all linear maps of a network but its head, what of the network it does not reach, and the base under
it.

In: a network. Out: the network under an adapter; a sentence on what stays as it is; the base for a while.
Does not: train, or save.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import nn

from heredity.ground.errors import HookError, MissingExtraError
from heredity.models.blocks import block_list, unwrapped

WORTH_SAYING: Final = 0.9
"""An adapter that reaches less than this share of the blocks' weights says so."""
N_NAMED: Final = 3
"""Kinds of weights that the sentence names."""


def give_lora(network: Any, rank: int, alpha: int) -> Any:
    """Return the network under a fresh adapter, which is put in place. Raises MissingExtraError without peft."""
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise MissingExtraError("peft", "train") from error
    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,
        target_modules="all-linear",
        exclude_modules=passed_over(network) or None,
        task_type="CAUSAL_LM",
        lora_dropout=0.0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of patterns without a match: `unreached` tells what counts
        return get_peft_model(network, config)


@contextmanager
def as_base(network: nn.Module) -> Iterator[None]:
    """Let a network under PEFT's adapter run as its base; afterwards it is as before, what is trained of it included.

    Raises HookError for a network without an adapter.
    """
    under = unwrapped(network)
    if not hasattr(under, "disable_adapter"):
        raise HookError(
            f"{type(under).__name__} has no adapter that could be disabled, so its base is not there; train a LoRA, or "
            "hand in the untouched network as the base"
        )
    trained = [(weight, weight.requires_grad) for weight in under.parameters()]
    try:
        with under.disable_adapter():
            yield
    finally:
        for weight, is_trained in trained:
            weight.requires_grad_(is_trained)


def passed_over(network: nn.Module) -> list[str]:
    """Return the linear maps that no adapter can stand around: their callers want more of them than the product.

    Routers that return a tuple; the last map of a Mamba mixer, whose fused kernel takes the bare weight.
    """
    found = []
    for name, module in network.named_modules():
        if isinstance(module, nn.Linear) and type(module).forward is not nn.Linear.forward:
            with torch.no_grad():
                probe = module(
                    torch.zeros(1, module.in_features, dtype=module.weight.dtype, device=module.weight.device)
                )
            if not isinstance(probe, torch.Tensor):
                found.append(name)
        elif (
            hasattr(module, "A_log")
            and hasattr(module, "D")
            and isinstance(getattr(module, "out_proj", None), nn.Linear)
        ):
            found.append(f"{name}.out_proj")
    return found


def unreached(adapted: nn.Module) -> str:
    """Return a sentence on the weights of the blocks that an adapter does not reach; empty where it reaches most.

    Fused experts are one tensor of three dimensions and no linear map: an adapter passes them over.
    """
    place, _ = block_list(adapted)
    missed: Counter[str] = Counter()
    total = 0
    for name, parameter in adapted.named_parameters():
        if name.startswith(f"{place}.") and ".lora_" not in name:
            total += parameter.numel()
            if ".base_layer." not in name:
                missed[re.sub(r"^\d+\.", "", name.removeprefix(f"{place}."))] += parameter.numel()
    share = 1 - missed.total() / total
    if share >= WORTH_SAYING:
        return ""
    kinds = ", ".join(kind for kind, _ in missed.most_common(N_NAMED))
    return f"the adapter reaches {share:.0%} of the blocks' weights; the rest, above all {kinds}, stays as it is"
