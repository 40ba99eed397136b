"""A folder's network and tokenizer, whole, or refused with the reason and what to do.

In: a folder. Out: what transformers makes of it.
Does not: take a weight that the library would draw at random, or leave the library's errors to be guessed at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Final

import torch
import transformers
from safetensors import SafetensorError
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING
from transformers.quantizers.auto import AutoHfQuantizer

from heredity.ground.errors import HeredityError, InputError, MissingPackageError, StorageError
from heredity.ground.files import is_full
from heredity.models.embedded import quiet_transformers
from heredity.models.families import REFUSED
from heredity.models.text_only import on_text
from heredity.models.whole import require_whole

SAME: Final = 1e-5
"""Largest difference of float32 logits, as a share of the largest, that rounding may make between equal places."""
CUT_OFF: Final = "a weights file is cut off, or holds something else (a Git LFS pointer, an error page); fetch it again"
NO_MEMORY: Final = "the device has too little memory; take --dtype bfloat16, a smaller model, or --device cpu"
TRUST: Final = "--trust-remote-code runs the code that the model brings with it; look at it first"
ADVICE: Final = {
    "trust_remote_code": TRUST,
    "custom code": TRUST,
    "does not recognize this architecture": "a newer transformers may know it: pip install --upgrade transformers",
    "out of memory": NO_MEMORY,
    "backend tokenizer": "the files of its tokenizer are missing; save the tokenizer into the same folder",
}
"""What to do, by what the library says."""


def network_from(
    folder: Path, dtype: torch.dtype, trust_remote_code: bool = False, placed: Mapping[str, Any] | None = None
) -> Any:
    """Return the causal language model that a folder holds, every weight of it from the folder's files.

    On the CPU, or where `placed` tells the loader to put it. A model of text and images is loaded as it is, to be used
    on text. Raises InputError or MissingPackageError when it does not load, or not whole.
    """
    with told(folder), quiet_transformers():
        config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=trust_remote_code)
        network, findings = kind_of(config).from_pretrained(
            folder,
            dtype=dtype,
            trust_remote_code=trust_remote_code,
            output_loading_info=True,
            **(placed or {}),
            ignore_mismatched_sizes=True,  # they are told with the other findings, by name and shape
        )
        require_whole(network, findings)
        if (folder / "generation_config.json").is_file():
            # a broken one is passed over by the library, and with it what ends an answer
            transformers.GenerationConfig.from_pretrained(folder)
        return on_text(network)


def tokenizer_from(folder: Path, trust_remote_code: bool = False) -> Any:
    """Return the tokenizer that a folder holds. Raises InputError or MissingPackageError when it does not load."""
    with told(folder, "tokenizer"), quiet_transformers():
        return transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=trust_remote_code)


def kind_of(config: Any) -> Any:
    """Return transformers' loader for a config. Raises InputError for what is no causal language model."""
    kind = str(config.model_type)
    if kind in REFUSED:
        raise InputError(f"models of the kind {kind} are not supported: {REFUSED[kind]}")
    packed = getattr(config, "quantization_config", None)
    if packed is not None and not AutoHfQuantizer.supports_quant_method(packed):
        raise InputError(f"its weights are packed by a method that transformers does not know: {packed}")
    own = getattr(config, "auto_map", None) or {}
    if type(config) in MODEL_FOR_CAUSAL_LM_MAPPING or "AutoModelForCausalLM" in own:
        return transformers.AutoModelForCausalLM
    if type(config) in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING:
        return transformers.AutoModelForImageTextToText
    raise InputError(f"it is of the kind {kind}, which is no causal language model; name one that writes text")


def require_causal(network: Any, name: str) -> None:
    """Raise InputError for a network whose earlier tokens see later ones: its likelihoods would mean nothing.

    Encoders and diffusion models load as language models too. One forward of two rows that differ in their last token.
    """
    n_known = len(network.get_input_embeddings().weight)
    rows = [[token % n_known for token in (7, 8, 9, 10, last)] for last in (11, 12)]
    ids = torch.tensor(rows, device=network.device)
    with torch.no_grad():
        logits = network(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    rounding = max(SAME, torch.finfo(logits.dtype).eps)
    if (logits[0, :-1] - logits[1, :-1]).abs().max() > rounding * logits.abs().max():
        raise InputError(
            f"the model '{name}' ({network.config.model_type}) lets earlier tokens see later ones: it is no causal "
            "language model (an encoder, or one that fills in text); name one that writes from left to right"
        )


@contextmanager
def told(folder: Path, part: str = "model") -> Iterator[None]:
    """Turn whatever a library raises while it loads into an error that says what to do."""
    where = f"the {part} in {folder} does not load"
    try:
        yield
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    except HeredityError:
        raise
    except ImportError as error:
        raise MissingPackageError(f"{where}: {first_line(error)}; it needs a package that is not installed") from error
    except OSError as error:
        if is_full(error):
            raise StorageError(f"{where}: {error}; free some space") from error
        raise InputError(f"{where}: {first_line(error)}") from error
    except SafetensorError as error:
        raise InputError(f"{where}: {first_line(error)}: {CUT_OFF}") from error
    except UnpicklingError as error:  # whose message advises to run whatever the file holds
        raise InputError(f"{where}: {CUT_OFF}") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: one of its JSON files is not valid ({error}); fetch it again") from error
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise InputError(f"{where}: {NO_MEMORY}") from error
    except Exception as error:  # a library's loader raises what its parts raise
        advice = next((text for sign, text in ADVICE.items() if sign in str(error)), None)
        raise InputError(f"{where}: {first_line(error)}" + (f"; {advice}" if advice else "")) from error


def first_line(error: BaseException) -> str:
    """Return an error's first sentence, with the error's kind where there is none."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    line = " ".join(lines[:2] if lines and lines[0].endswith(":") else lines[:1]).rstrip(".")
    return line if " " in line else f"{type(error).__name__} {line}".strip()
