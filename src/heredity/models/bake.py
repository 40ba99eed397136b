"""Put a constant push into the weights, so that any engine runs the steered model at full speed, without hooks.

After block l the stream is h + mlp(h): a vector added there equals a bias on the block's MLP down-projection. The
sum is made in float32 from the weights as they were loaded; a hook in bfloat16 rounds the stream once more, so the
two agree to that rounding only. Works where the down-projection has a bias, or the config can give it one
(`mlp_bias`), and where its output reaches the stream as it is. That is tried, not believed: the baked logits are
compared with those of the hooked model before anything is returned.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from heredity.ground.errors import ExperimentError, InputError
from heredity.ground.files import whole_folder, write_text
from heredity.ground.hashing import digest
from heredity.models.blocks import find_blocks
from heredity.models.chat import question, render_prompt
from heredity.models.embedded import quiet_transformers
from heredity.models.model import Model
from heredity.models.spread import require_together
from heredity.models.steer import Push, steered
from heredity.records.baking import BakedVector, BakeProof, Baking

DOWN_PROJECTIONS: Final = ("mlp.down_proj", "mlp.c_proj", "mlp.dense_4h_to_h", "mlp.fc2", "fc2")
"""Where blocks keep the last linear map of their MLP."""
NORMS_AFTER_MLP: Final = ("post_feedforward_layernorm", "post_mlp_layernorm")
"""Norms between the MLP and the stream, which would rescale a bias."""
TOLERANCE: Final = 5e-5
"""Largest difference of float32 logits, as a share of the largest logit, that rounding accounts for."""
PROMPTS: Final = (
    "What should I have for breakfast?",
    "Tell me about the town you would most like to live in, and why.",
    "My colleague forgot our meeting. What do I say to her?",
    "Explain how a bicycle stays upright.",
)
INSTEAD: Final = (
    "steer it by hooks (heredity.steered), or in llama.cpp by a control vector: heredity vector export VECTOR --to "
    "FILE.gguf"
)
ABOUT: Final = "heredity.json"
"""The file that says what was baked."""


@dataclass(frozen=True)
class Baked:
    """A steered model without hooks, the model it was made from, and the proof that they agree."""

    model: Model
    """In float32; its fingerprint is its own."""
    base: Model
    proof: BakeProof


def bake(model: Model, pushes: Sequence[Push]) -> Baked:
    """Return a float32 copy of the model with the pushes in its biases; the model itself is left as it is.

    Takes memory for both. Pushes at one block add up; strength 0 goes the same way and changes no logit.
    Raises InputError when there is nothing to bake, a push does not fit, or the architecture has no place for it;
    ExperimentError when the copy's logits differ from those of the hooked model by more than rounding.
    """
    if not pushes:
        raise InputError("there is nothing to bake; give at least one push")
    if any(push.row is not None for push in pushes):
        raise InputError("weights push every row alike; bake without the pushes of single rows")
    require_together(model.network, "baking")
    require_bakeable(model.network)
    copied = copy.deepcopy(model.network).float().eval()
    identity = {"base": model.fingerprint, "pushes": [_said(push) for push in pushes]}
    twin = Model(f"{model.name}, baked", copied, model.tokenizer, digest(identity))
    prompts = [render_prompt(model, question(text)) for text in PROMPTS]
    with steered(twin, pushes):
        hooked = _logits(twin, prompts)
    _give_biases(copied)
    _require_rebuilt(copied)
    _add(copied, pushes)
    return Baked(twin, model, _proof(hooked, _logits(twin, prompts)))


def save_baked(baked: Baked, vectors: Sequence[BakedVector], folder: Path | str) -> Baking:
    """Write the baked model, its tokenizer and `heredity.json` as a folder that `load` takes, whole or not at all.

    Returns what `heredity.json` says. Raises InputError when the folder holds anything but an earlier baked model.
    """
    folder = require_free(Path(folder))
    base = baked.base
    about = Baking(model_name=base.name, fingerprint=base.fingerprint, vectors=tuple(vectors), proof=baked.proof)
    with quiet_transformers(), whole_folder(folder) as part:
        baked.model.network.save_pretrained(part)
        baked.model.tokenizer.save_pretrained(part)
        write_text(part / ABOUT, about.model_dump_json(indent=1))
    return about


def require_free(folder: Path) -> Path:
    """Return a folder that may be replaced: not there, empty, or an earlier baked model. Else raises InputError."""
    if folder.exists() and not (folder.is_dir() and ((folder / ABOUT).exists() or not any(folder.iterdir()))):
        raise InputError(f"{folder} is there already and holds other things; name a new folder with --out")
    return folder


def require_bakeable(network: nn.Module) -> None:
    """Raise InputError, with the reason, when a constant push has no place in this architecture's weights."""
    kind, block = type(network).__name__, find_blocks(network)[0]
    norm = next((name for name, _ in block.named_children() if name in NORMS_AFTER_MLP), None)
    if norm:
        raise InputError(
            f"{kind} norms its MLP's output before adding it to the stream ({norm}), so no bias there equals a "
            f"push; {INSTEAD}"
        )
    if any(place.bias is None for place in down_projections(network)) and not hasattr(_config(network), "mlp_bias"):
        raise InputError(
            f"{kind} has no bias on its MLP's down-projection and its config has no mlp_bias to give it one, so other "
            f"engines would not load it; {INSTEAD}"
        )


def down_projections(network: nn.Module) -> list[Any]:
    """Return each block's MLP down-projection. Raises InputError when a block has none (mixtures of experts)."""
    found = []
    for index, block in enumerate(find_blocks(network)):
        modules = dict(block.named_modules())
        place = next((modules[name] for name in DOWN_PROJECTIONS if name in modules), None)
        if not isinstance(place, nn.Linear | Conv1D):
            raise InputError(
                f"block {index} of {type(network).__name__} has no single MLP down-projection to put a bias on; "
                f"{INSTEAD}"
            )
        found.append(place)
    return found


def _config(network: Any) -> Any:
    return network.config.get_text_config(decoder=True)


def _give_biases(network: nn.Module) -> None:
    """Give every MLP without biases zero ones, as its class builds them under `mlp_bias`."""
    if all(place.bias is not None for place in down_projections(network)):
        return
    _config(network).mlp_bias = True
    for block in find_blocks(network):
        for part in block.get_submodule("mlp").children():
            if isinstance(part, nn.Linear) and part.bias is None:
                zeros = torch.zeros(part.out_features, dtype=part.weight.dtype, device=part.weight.device)
                part.bias = nn.Parameter(zeros, requires_grad=False)


def _require_rebuilt(network: Any) -> None:
    """Raise InputError unless the config alone builds a network with the same tensors: what any engine will do."""
    with torch.device("meta"):
        rebuilt = type(network)(network.config)
    if set(rebuilt.state_dict()) != set(network.state_dict()):
        raise InputError(
            f"{type(network).__name__} does not heed mlp_bias in its config, so a saved bias would be dropped on "
            f"loading; {INSTEAD}"
        )


def _add(network: nn.Module, pushes: Sequence[Push]) -> None:
    places = down_projections(network)
    with torch.no_grad():
        for push in pushes:
            bias = places[push.block].bias
            bias += push.strength * torch.from_numpy(np.asarray(push.vector, dtype=np.float32)).to(bias.device)


def _logits(model: Model, prompts: Sequence[tuple[int, ...]]) -> torch.Tensor:
    """Return `[tokens, vocabulary]` over all prompts."""
    with torch.no_grad():
        found = [model.network(torch.tensor([ids], device=model.device), use_cache=False).logits[0] for ids in prompts]
    return torch.cat(found)


def _proof(hooked: torch.Tensor, baked: torch.Tensor) -> BakeProof:
    difference = float((hooked - baked).abs().max() / hooked.abs().max())
    if not difference <= TOLERANCE:  # NaN fails too
        raise ExperimentError(
            f"the baked model's logits differ from the steered model's by {difference:.1e} of their scale (rounding "
            f"accounts for {TOLERANCE:.0e}): this architecture does not add its MLP's output to the stream as it is; "
            f"{INSTEAD}"
        )
    return BakeProof(difference=difference, tolerance=TOLERANCE, n_tokens=len(hooked))


def _said(push: Push) -> list[Any]:
    return [push.block, push.strength, np.asarray(push.vector, dtype=np.float32).tolist()]
