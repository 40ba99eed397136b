"""Attention of short rows on a CPU: plain products, where the fused kernel's bookkeeping costs more than its sums.

In: a network, for the length of a with-block in which nothing is trained. Out: nothing; the network attends as before,
faster. Does not: change what is attended to, nor go another way where rows are long, or a layer asks for more than a
mask and a scale. What it is worth says `make bench`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import eager_mask, sdpa_mask

from heredity.models.blocks import text_config

OWN: Final = "heredity_short_rows"
FUSED: Final = "sdpa"
LONGEST: Final = 192
"""Tokens that a row may attend to, where it has several: beyond, the fused kernel is as fast."""
FURTHER: Final = ("position_bias", "softcap", "cache")
"""What a layer may ask of attention that plain products do not give."""
DTYPES = {torch.bfloat16}
"""Number types in which plain products were measured to be faster."""


@contextmanager
def short_rows(network: Any) -> Iterator[None]:
    """Let a network attend by plain products where that is faster, until the with-block ends.

    Nothing changes for a network on another device, one that attends by other means than torch's fused kernel, or
    where gradients are kept.
    """
    config = text_config(network)
    is_ours = getattr(config, "_attn_implementation", None) == FUSED and not torch.is_grad_enabled()
    if not is_ours or network.device.type != "cpu":
        yield
        return
    config._attn_implementation = OWN
    try:
        yield
    finally:
        config._attn_implementation = FUSED


def attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **more: Any,
) -> tuple[torch.Tensor, None]:
    """Return softmax(q k^T scale + mask) v, `[batch, tokens, heads, width]`; the fused kernel's where that is faster.

    `query` is `[batch, heads, tokens, width]`; several of its heads may share one of `key` and `value`. Scores are
    normalised in float32.
    """
    mask = attention_mask
    if mask is not None and mask.dtype not in (torch.bool, query.dtype):
        # under autocast: a least float32 would become -inf, and a token of padding, which sees none, NaN
        mask = mask.clamp(min=torch.finfo(query.dtype).min).to(query.dtype)
    if not _is_quick(query, key, mask) or any(more.get(name) is not None for name in FURTHER):
        out: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, mask, scaling=scaling, **more
        )
        return out
    n_rows, n_heads, n_tokens, width = query.shape
    n_kept, n_past = key.shape[1:3]
    grouped = (query * (width**-0.5 if scaling is None else scaling)).reshape(n_rows * n_kept, -1, width)
    scores = torch.bmm(grouped, key.reshape(n_rows * n_kept, n_past, width).transpose(1, 2))
    scores = scores.view(n_rows, n_kept, n_heads // n_kept, n_tokens, n_past)
    if mask is not None:
        scores = scores + mask.unsqueeze(2)
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
    summed = torch.bmm(weights.view(n_rows * n_kept, -1, n_past), value.reshape(n_rows * n_kept, n_past, -1))
    return summed.view(n_rows, n_heads, n_tokens, -1).transpose(1, 2).contiguous(), None


def mask_of(q_length: int, kv_length: int, **asked: Any) -> torch.Tensor | None:
    """Return what is added to the scores, made of numbers once for all blocks; of long rows the fused kernel's mask."""
    make = eager_mask if q_length == 1 or kv_length <= LONGEST else sdpa_mask
    mask: torch.Tensor | None = make(q_length=q_length, kv_length=kv_length, **asked)
    return mask


def _is_quick(query: torch.Tensor, key: torch.Tensor, mask: torch.Tensor | None) -> bool:
    n_tokens = query.shape[2]
    if query.dtype not in DTYPES or query.shape[0] != key.shape[0] or query.shape[1] % key.shape[1]:
        return False
    if mask is None:
        return n_tokens == 1
    return mask.dtype != torch.bool and mask.shape[1] == 1 and (n_tokens == 1 or key.shape[2] <= LONGEST)


AttentionInterface.register(OWN, attend)
AttentionMaskInterface.register(OWN, mask_of)
