"""Who a model is: all that can change its prompts or its answers, as one digest.

In: a folder, what was loaded from it, a loaded model, an adapter. Out: digests.
Does not: see what a remote host runs, or the versions of torch and transformers.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import torch
from transformers.dynamic_module_utils import get_relative_import_files

from heredity.ground.errors import InputError
from heredity.ground.hashing import digest, file_digest
from heredity.models.chat import question, render_example, render_prompt
from heredity.models.ending import own_ends
from heredity.models.model import Model
from heredity.models.template import switches
from heredity.records.identity import ModelIdentity

NOT_CONFIG: Final = ("_name_or_path", "transformers_version", "dtype", "torch_dtype", "use_cache")
"""Of config.json: where it came from, and what loading decides."""
TOKENIZER_FILES: Final = ("tokenizer.json", "tokenizer.model", "vocab.json", "merges.txt")
NOT_TOKENIZER: Final = frozenset(
    "name_or_path transformers_version _commit_hash is_local local_files_only tokenizer_file special_tokens_map_file "
    "processor_class model_max_length max_length padding_side pad_to_multiple_of pad_token_type_id truncation_side "
    "stride truncation_strategy chat_template added_tokens_decoder extra_special_tokens additional_special_tokens "
    "bos_token eos_token unk_token sep_token pad_token cls_token mask_token".split()
)
"""Of tokenizer_config.json: where it came from, padding and cutting, which are done here, and what is read off live."""
NOT_ADAPTER: Final = ("base_model_name_or_path", "revision", "peft_version", "inference_mode", "auto_mapping")
NOT_SETTINGS: Final = ("name", "network", "tokenizer", "fingerprint", "work")
"""Of a Model: what is told otherwise, or tells nothing. A field that is not named here is part of the identity."""
PROBES: Final = (question("What?"), question("What?", "Be brief."))


def fingerprint(folder: Path, network: Any, tokenizer: Any) -> str:
    """Return the sha256 of a model as it was loaded from a folder; independent of its place, device and dtype.

    It covers weights, config, vocabulary, special tokens, chat template, end-of-turn ids and custom code.
    """
    weights = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("*.bin"))
    named = {*TOKENIZER_FILES, *getattr(tokenizer, "vocab_files_names", {}).values()}
    files = [*weights, *(folder / name for name in sorted(named) if (folder / name).is_file())]
    return digest(
        {
            "config": without(read_json(folder / "config.json"), NOT_CONFIG),
            "files": {file.name: file_digest(file) for file in files},
            "tokenizer": without(read_json(folder / "tokenizer_config.json"), NOT_TOKENIZER),
            "tokens": special_tokens(tokenizer),
            "template": tokenizer.chat_template,
            "ends": own_ends(network),
            "code": custom_code(folder, (network, network.config, tokenizer)),
        }
    )


def adapted_fingerprint(base: str, adapter: str) -> str:
    """Return the fingerprint of a model under an adapter, from the fingerprint of one and the digest of the other."""
    return digest({"base": base, "adapter": adapter})


def adapter_digest(folder: Path) -> str:
    """Return the sha256 of a saved adapter: its weights, and how they are to be applied."""
    config = without(read_json(folder / "adapter_config.json"), NOT_ADAPTER)
    # a set before it was saved: its order differs from run to run
    ordered = {key: sorted(value, key=str) if isinstance(value, list) else value for key, value in config.items()}
    return digest({"config": ordered, "weights": file_digest(folder / "adapter_model.safetensors")})


def spelling(tokenizer: Any) -> str:
    """Return the sha256 of how a tokenizer spells: its vocabulary, special tokens and chat template."""
    return digest([tokenizer.get_vocab(), special_tokens(tokenizer), tokenizer.chat_template])


def weights_digest(network: Any) -> str:
    """Return the sha256 of a network's parameters and buffers as they are in memory; shared ones count once."""
    found, seen = hashlib.sha256(), set()
    for name, tensor in sorted(network.state_dict().items()):
        if tensor.numel() and tensor.data_ptr() in seen:
            continue
        seen.add(tensor.data_ptr())
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(memoryview(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy()))
    return found.hexdigest()


def identity(model: Model) -> ModelIdentity:
    """Return all of a loaded model that kept results depend on."""
    settings = {field.name: getattr(model, field.name) for field in fields(model) if field.name not in NOT_SETTINGS}
    return ModelIdentity(
        fingerprint=model.fingerprint,
        device=model.device.type,
        dtype=str(model.dtype).removeprefix("torch."),
        prompt=digest([prompt_probes(model), own_ends(model.network)]),
        settings=settings,
    )


def prompt_probes(model: Model) -> list[Any]:
    """Return, for two questions, what the model answers to and what it is taught; a refusal stands for itself."""
    probes: list[Any] = [switches(model.tokenizer)]
    for turns in PROBES:
        try:
            probes.append(render_prompt(model, turns))
            probes.append(render_example(model, turns, "Yes.").ids)
        except InputError as error:
            probes.append(str(error))
    return probes


def special_tokens(tokenizer: Any) -> dict[str, Any]:
    """Return the tokens with a meaning of their own, however the files spell them."""
    added = {
        str(i): [str(token), token.special, token.lstrip, token.rstrip, token.single_word, token.normalized]
        for i, token in tokenizer.added_tokens_decoder.items()
    }
    roles = {name: str(token) for name, token in tokenizer.special_tokens_map.items() if isinstance(token, str)}
    return {"added": added, "roles": roles, "ids": sorted(tokenizer.all_special_ids)}


def custom_code(folder: Path, objects: Iterable[Any]) -> dict[str, str]:
    """Return the digests of Python files that came with a model and run in it; none for transformers' own classes."""
    own = [type(one) for one in objects if type(one).__module__.startswith("transformers_modules.")]
    sources = {Path(inspect.getfile(kind)) for kind in own}
    used = {Path(name) for source in sources for name in get_relative_import_files(source)}
    beside = set(folder.glob("*.py")) if own else set()
    return {file.name: file_digest(file) for file in sorted(beside | sources | used)}


def without(content: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return a dictionary without some of its entries, and without those that say nothing."""
    left_out = set(names)
    return {key: value for key, value in content.items() if key not in left_out and value is not None}


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object from a file; an empty one where there is no file."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found
