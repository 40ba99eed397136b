"""Load a model by name: embedded, a hub id, or a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import huggingface_hub
import torch
from huggingface_hub import errors as hub

from heredity.ground.errors import InputError, StorageError, UnknownNameError
from heredity.ground.extras import require_extra
from heredity.ground.files import is_full
from heredity.ground.hashing import digest
from heredity.models.embedded import EMBEDDED, converted
from heredity.models.identity import adapted_fingerprint, adapter_digest, fingerprint, spelling
from heredity.models.loading import first_line, network_from, require_causal, tokenizer_from
from heredity.models.merged import ADAPTER_CONFIG, base_of, is_adapter, merged
from heredity.models.model import Model
from heredity.models.spread import SPREAD, spreading

DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}

HUB_OTHERWISE: Final = "check the name and the network, or name a folder"
HUB_ADVICE: Final[dict[type[Exception], str]] = {
    hub.GatedRepoError: "its owner asks for consent: give it on the model's page, then log in with: hf auth login",
    hub.RepositoryNotFoundError: "check the name; a private model needs: hf auth login",
    hub.LocalEntryNotFoundError: "it was not fetched before and the hub is out of reach; check the network",
    hub.OfflineModeIsEnabled: "it was not fetched before and HF_HUB_OFFLINE is set",
}
"""What to do, by what the hub's client raises; the first kind that fits counts."""
NOWHERE_ELSE: Final[Mapping[str, Any]] = {}
"""All of a model on the CPU."""
OTHER_FORMS: Final = (".gguf", ".ggml", ".onnx", ".bin", ".pt", ".pth", ".mlmodel")


def load(
    name: str = "smollm2-135m",
    device: str = "auto",
    dtype: str = "auto",
    trust_remote_code: bool = False,
    keeps_markup: bool = False,
) -> Model:
    """Load a causal language model for reading, steering and training.

    `name` is an embedded model, a hub id (`owner/name`) or a folder; the last two may hold an adapter, which is merged
    into its base. `device` is auto, cpu, cuda[:n], mps, or spread: over all devices that there are, what does not fit
    in memory or on disk (needs accelerate).
    `dtype` is auto (bfloat16 where the device has it in hardware, else float32), bfloat16, float16 or float32.
    With `keeps_markup`, text that spells the chat template's control tokens stays text; else it acts as they do.
    Raises UnknownNameError or InputError when there is no such model, device or dtype, or when not all of the model's
    weights are in its files; MissingPackageError when it asks for a package that is not installed.
    """
    if device == SPREAD:
        require_extra("train", "accelerate")
    place = choose_device("auto" if device == SPREAD else device)
    number = choose_dtype(dtype, place)
    loaded = parts(find_folder(name), number, trust_remote_code, spreading() if device == SPREAD else {})
    network: Any = loaded.network
    network = network if device == SPREAD else network.to(place)
    network.eval().requires_grad_(False)
    require_causal(network, name)
    return Model(name, network, loaded.tokenizer, loaded.fingerprint, keeps_markup=keeps_markup)


class Parts(NamedTuple):
    """What a folder gave."""

    network: Any
    tokenizer: Any
    fingerprint: str


def parts(
    folder: Path, dtype: torch.dtype, trust_remote_code: bool = False, placed: Mapping[str, Any] = NOWHERE_ELSE
) -> Parts:
    """Return what a model's folder holds, or an adapter's folder with its base, merged.

    `placed` says where the loader puts it; nothing: all on the CPU.
    """
    if is_adapter(folder):
        base = parts(base_folder(folder), dtype, trust_remote_code, placed)
        own = (folder / "tokenizer_config.json").is_file()
        tokenizer = tokenizer_from(folder, trust_remote_code) if own else base.tokenizer
        network, identity = merged(base.network, folder), adapted_fingerprint(base.fingerprint, adapter_digest(folder))
        if spelling(tokenizer) != spelling(base.tokenizer):
            identity = digest({"adapted": identity, "tokenizer": spelling(tokenizer)})
        return Parts(network, tokenizer, identity)
    network = network_from(folder, dtype, trust_remote_code, placed)
    tokenizer = tokenizer_from(folder, trust_remote_code)
    return Parts(network, tokenizer, fingerprint(folder, network, tokenizer))


def base_folder(adapter: Path) -> Path:
    """Return the folder of the model that an adapter was trained on. Raises InputError when it cannot be had."""
    name = base_of(adapter)
    try:
        folder = find_folder(name)
        if folder.resolve() == adapter.resolve():
            raise InputError("that is the adapter itself")
    except InputError as error:
        raise InputError(
            f"{adapter} holds an adapter for the model '{name}', which cannot be had: {error} Put the base's folder or "
            f"hub id into base_model_name_or_path of its {ADAPTER_CONFIG}"
        ) from error
    return folder


def find_folder(name: str) -> Path:
    """Return the folder that holds the named model or adapter, fetching a hub id if need be."""
    if name in EMBEDDED:
        return converted(name)
    if Path(name).is_dir():
        return require_model(Path(name), f"the folder {name}")
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise UnknownNameError("model (nor folder; a hub id is owner/name)", name, EMBEDDED)
    patterns = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja", "*.py"]
    try:
        folder = Path(huggingface_hub.snapshot_download(name, allow_patterns=patterns))
    except Exception as error:  # the hub's client raises a dozen unrelated kinds
        if is_full(error):
            raise StorageError(f"the hub model '{name}' does not fit on the disk: {error}; free some space") from error
        advice = next((text for kind, text in HUB_ADVICE.items() if isinstance(error, kind)), HUB_OTHERWISE)
        raise InputError(f"the hub model '{name}' cannot be had: {first_line(error)}; {advice}") from error
    return require_model(folder, f"the hub model '{name}'")


def require_model(folder: Path, called: str) -> Path:
    """Return the folder. Raises InputError when it holds neither a model nor an adapter."""
    if not ((folder / "config.json").is_file() or is_adapter(folder)):
        others = sorted({path.suffix for path in folder.iterdir() if path.suffix in OTHER_FORMS})
        instead = f" (there is {', '.join(others)}: another program's form)" if others else ""
        raise InputError(f"{called} has no config.json{instead}; name a folder saved with save_pretrained")
    return folder


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


def device_of(device: str, rank: int | None) -> str:
    """Return the GPU of a process's rank, dealt out in turn, where the device is chosen by itself and there are any."""
    n_gpus = torch.cuda.device_count()
    return f"cuda:{rank % n_gpus}" if device == "auto" and rank is not None and n_gpus else device


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
