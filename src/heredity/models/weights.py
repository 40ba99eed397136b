"""Copies of a model for training all weights, made and measured without touching the original."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

from heredity.models.model import Model


def trainable_copy(model: Model, name: str) -> Model:
    """Return a float32 copy with all parameters trainable; the model itself is left as it is.

    float32 although the model may be bfloat16: a step of full fine-tuning is often smaller than bfloat16 resolves.
    """
    network = copy.deepcopy(model.network).float().requires_grad_(True)
    return Model(name, network, model.tokenizer, model.fingerprint, model.work)


def frozen(model: Model, dtype: torch.dtype) -> Model:
    """Return the model made ready to be read again, in place: evaluation mode, no gradients, the number type given."""
    model.network.to(dtype).eval().requires_grad_(False)
    return model


@contextmanager
def at_rest(model: Model) -> Iterator[Model]:
    """Put a model that is being trained into evaluation mode for a with-block."""
    was_training = model.network.training
    model.network.eval()
    try:
        with torch.no_grad():
            yield model
    finally:
        model.network.train(was_training)


def mixed_precision(model: Model, dtype: torch.dtype) -> AbstractContextManager[None]:
    """Return autocast to a half-precision type, or nothing for float32."""
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(model.device.type, dtype=dtype)
