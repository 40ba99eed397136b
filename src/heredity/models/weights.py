"""Copies of a model for training all weights, made and measured without touching the original."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load_model, save_model

from heredity.ground.files import whole_folder
from heredity.ground.hashing import digest, seed_from
from heredity.models.identity import weights_digest
from heredity.models.lora import give_lora
from heredity.models.model import Model
from heredity.models.spread import require_together

WEIGHTS: Final = "model.safetensors"


def trainable_copy(model: Model, name: str, lora_rank: int = 0, seed: str = "0") -> Model:
    """Return a float32 copy to be trained: all parameters, or a LoRA of the rank given; the model is left as it is.

    float32 although the model may be bfloat16: a step of full fine-tuning is often smaller than bfloat16 resolves. A
    LoRA's alpha is twice its rank.
    Raises MissingExtraError for a LoRA without peft, InputError for a model that lies in several places.
    """
    require_together(model.network, "training a copy of it")
    network = copy.deepcopy(model.network).float().requires_grad_(not lora_rank)
    if lora_rank:
        with torch.random.fork_rng():
            torch.manual_seed(seed_from(seed, "adapter") % 2**32)
            give_lora(network, lora_rank, 2 * lora_rank)
    copied = {"copy of": model.fingerprint, "as": name, "lora": lora_rank, "seed": seed}
    return replace(model, name=name, network=network, fingerprint=digest(copied))


def frozen(model: Model) -> Model:
    """Return the model made ready to be read again, in place: evaluation mode, no gradients, its weights' fingerprint.

    It stays in float32: rounded to bfloat16, a short fine-tune loses most of what it changed.
    """
    model.network.eval().requires_grad_(False)
    return replace(model, fingerprint=weights_digest(model.network))


def save_weights(model: Model, folder: Path) -> None:
    """Write a model's weights as they are (safetensors), whole or not at all; an earlier folder's place is taken."""
    with whole_folder(folder) as part:
        save_model(model.network, str(part / WEIGHTS))


def load_weights(model: Model, folder: Path) -> bool:
    """Give a copy the weights that were written, in place, and return True; False where there are none."""
    if not (folder / WEIGHTS).is_file():
        return False
    load_model(model.network, folder / WEIGHTS)
    return True


def forget_weights(folder: Path) -> None:
    """Remove weights that nothing needs any more."""
    shutil.rmtree(folder, ignore_errors=True)


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
