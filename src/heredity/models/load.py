"""Load a model by name: embedded, a hub id, or a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import huggingface_hub
import torch
import transformers

from heredity.ground.errors import InputError, UnknownNameError
from heredity.models.embedded import EMBEDDED, converted, quiet_transformers
from heredity.models.identity import fingerprint
from heredity.models.model import Model

DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}


def load(
    name: str = "smollm2-135m", device: str = "auto", dtype: str = "auto", trust_remote_code: bool = False
) -> Model:
    """Load a causal language model for reading, steering and training.

    `name` is an embedded model, a hub id (`owner/name`) or a folder. `device` is auto, cpu, cuda[:n] or mps;
    `dtype` is auto (bfloat16 where the device has it in hardware, else float32), bfloat16, float16 or float32.
    Raises UnknownNameError or InputError when there is no such model, device or dtype.
    """
    place = choose_device(device)
    number = choose_dtype(dtype, place)
    folder = find_folder(name)
    try:
        with quiet_transformers():
            network = transformers.AutoModelForCausalLM.from_pretrained(
                folder, dtype=number, trust_remote_code=trust_remote_code
            )
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=trust_remote_code)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"the model in {folder} does not load: {error}") from error
    placed: Any = network
    placed.to(place).eval().requires_grad_(False)
    return Model(name, network, tokenizer, fingerprint(folder, network, tokenizer))


def find_folder(name: str) -> Path:
    """Return the folder that holds the named model, fetching a hub id if need be."""
    if name in EMBEDDED:
        return converted(name)
    if Path(name).is_dir():
        if not (Path(name) / "config.json").exists():
            raise InputError(f"the folder {name} has no config.json; name a folder saved with save_pretrained")
        return Path(name)
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise UnknownNameError("model (nor folder; a hub id is owner/name)", name, EMBEDDED)
    patterns = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja", "*.py"]
    try:
        return Path(huggingface_hub.snapshot_download(name, allow_patterns=patterns))
    except Exception as error:  # the hub's client raises a dozen unrelated kinds
        raise InputError(
            f"the hub model '{name}' cannot be had: {str(error).splitlines()[0]}; check the name and the network"
        ) from error


def choose_device(device: str) -> torch.device:
    """Return the device; auto prefers CUDA, then MPS, then the CPU. Raises InputError when it is not there."""
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available.get(device.split(":")[0], False):
        there = ", ".join(name for name, is_there in available.items() if is_there)
        raise InputError(f"the device '{device}' is not available here; there is: {there}")
    return torch.device(device)


def choose_dtype(dtype: str, device: torch.device) -> torch.dtype:
    """Return the number type; auto takes bfloat16 where the device computes in it, else float32."""
    if dtype == "auto":
        if device.type == "cuda":
            return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
        is_fast = device.type == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported()
        return torch.bfloat16 if is_fast else torch.float32
    if dtype not in DTYPES:
        raise UnknownNameError("dtype", dtype, ["auto", *DTYPES])
    return DTYPES[dtype]


def n_threads() -> int:
    """Return how many CPU threads the model's arithmetic uses."""
    return int(torch.get_num_threads())
