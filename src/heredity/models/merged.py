"""A model that is kept as an adapter on its base, as PEFT, TRL and Unsloth write them: put into the base's weights.

In: an adapter's folder and the network of its base. Out: the network with the adapter merged in.
Does not: find or load the base; train.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any, Final

from heredity.ground.errors import InputError, MissingExtraError
from heredity.models.loading import told
from heredity.models.whole import some

ADAPTER_CONFIG: Final = "adapter_config.json"
ADAPTER_WEIGHTS: Final = "adapter_model.safetensors"
WRAPPER: Final = "base_model.model."
"""What PEFT puts before the base's own names."""


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds an adapter."""
    return (folder / ADAPTER_CONFIG).is_file()


def base_of(folder: Path) -> str:
    """Return the name of the model that an adapter was trained on.

    Raises InputError when its config does not say, or its weights are not there as safetensors.
    """
    try:
        config = json.loads((folder / ADAPTER_CONFIG).read_text(encoding="utf-8"))
        name = config["base_model_name_or_path"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"the {ADAPTER_CONFIG} in {folder} names no base_model_name_or_path: {error!r}") from error
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise InputError(
            f"the adapter in {folder} has no {ADAPTER_WEIGHTS}; save it again with save_pretrained (an "
            "adapter_model.bin is a pickle, and is not read)"
        )
    if not name:
        raise InputError(f"the {ADAPTER_CONFIG} in {folder} names no base model; put it into base_model_name_or_path")
    return str(name)


def merged(network: Any, folder: Path) -> Any:
    """Return the base's network with the adapter added to its weights.

    Raises InputError when the adapter does not fit the base or cannot be merged, MissingExtraError without peft.
    """
    try:
        from peft import PeftModel, get_peft_model_state_dict, load_peft_weights
    except ImportError as error:
        raise MissingExtraError("peft", "train") from error
    with told(folder, "adapter"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what matters of them is looked up below
        known = {WRAPPER + name for name in network.state_dict()}
        wrapped = PeftModel.from_pretrained(network, str(folder), is_trainable=False)
        if wrapped.active_peft_config.is_prompt_learning:
            raise InputError(f"it is of the kind {wrapped.active_peft_config.peft_type}, which has no place in weights")
        held = set(load_peft_weights(str(folder), device="cpu"))
        wanted = set(get_peft_model_state_dict(wrapped, save_embedding_layers=False))
        if strange := sorted((wanted - held) | (held - wanted - known)):
            raise InputError(
                f"{len(strange)} of its weights do not fit the base ({some(strange)}); is it the right base?"
            )
        return wrapped.merge_and_unload(safe_merge=True)
