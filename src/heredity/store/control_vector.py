"""Control vectors for llama.cpp: directions in a GGUF file, for `llama-cli --control-vector FILE`.

llama.cpp's convention, converted here and nowhere else: the tensor `direction.N` is added to the stream after the
0-based block N, and there is no N = 0. Its source says so in three steps: the loader puts `direction.N` at offset
(N - 1) * width and refuses N = 0 (`common_control_vector_load_one`, common/common.cpp); the model takes block il's
vector from offset (il - 1) * width, for il from 1 to the last (`llama_adapter_cvec::apply`, src/llama-adapter.cpp);
and each block's graph ends with `build_cvec(cur, il)`, after the MLP is added to the stream (src/models/*.cpp).
So block 0 cannot be pushed. llama.cpp's own generator names what it read after block N `direction.N+1` (mean.hpp):
its files are read here as llama.cpp applies them.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter

from heredity.ground.errors import InputError, MismatchError, NonFiniteError
from heredity.ground.files import require_file, whole_file
from heredity.stats.arrays import Singles

ARCHITECTURE: Final = "controlvector"
MODEL_HINT: Final = "controlvector.model_hint"
LAYER_COUNT: Final = "controlvector.layer_count"
PREFIX: Final = "direction."
FIRST_BLOCK: Final = 1
"""The first block that llama.cpp can push."""
LLAMA_CPP_NAMES: Final = {"gpt_neox": "gptneox", "gemma3_text": "gemma3", "mistral": "llama", "phi": "phi2"}
"""Architectures that llama.cpp spells in another way than transformers."""


@dataclass(frozen=True)
class ControlVector:
    """What a control-vector file holds."""

    model_hint: str
    """The architecture it was made for, as llama.cpp spells it; a note that llama.cpp itself does not read."""
    directions: Mapping[int, Singles]
    """By 0-based block, `[width]` each; never block 0."""

    def at_every_block(self, n_blocks: int) -> Singles:
        """Return `[n_blocks, width]`, zeros where the file has no direction.

        Raises MismatchError when the file has a direction for a block that the model does not have.
        """
        if max(self.directions) >= n_blocks:
            raise MismatchError(
                f"the control vector has a direction for block {max(self.directions)} but the model has blocks 0 to "
                f"{n_blocks - 1}; it was made for another model ('{self.model_hint}')"
            )
        filled = np.zeros((n_blocks, len(next(iter(self.directions.values())))), dtype=np.float32)
        for block, direction in self.directions.items():
            filled[block] = direction
        return filled


def write_control_vector(directions: Mapping[int, Singles], architecture: str, path: Path | str) -> Path:
    """Write directions (`[width]` each, by 0-based block) as a control vector, whole or not at all; return the path.

    llama.cpp adds all of them at once: write one block for a push at one block. Raises InputError for block 0, which
    llama.cpp cannot push, for no direction at all and for directions of unequal width, NonFiniteError for NaN.
    """
    if not directions or min(directions) < FIRST_BLOCK:
        raise InputError(
            "a control vector needs a direction at block 1 or later: llama.cpp cannot push after block 0; "
            "name another block with --block"
        )
    if len({direction.shape for direction in directions.values()}) > 1:
        raise InputError("the directions of a control vector have one width; these have several")
    if not all(np.isfinite(direction).all() for direction in directions.values()):
        raise NonFiniteError("the directions hold NaN or infinity; extract the vector again")
    path = Path(path)
    with whole_file(path) as part, closing(GGUFWriter(part, ARCHITECTURE)) as writer:
        writer.add_string(MODEL_HINT, LLAMA_CPP_NAMES.get(architecture, architecture))
        writer.add_int32(LAYER_COUNT, len(directions))
        for block, direction in sorted(directions.items()):
            writer.add_tensor(f"{PREFIX}{block}", np.ascontiguousarray(direction, dtype=np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    return path


def read_control_vector(path: Path | str) -> ControlVector:
    """Return what a control-vector file holds.

    Raises InputError when it is no GGUF file, a GGUF file of something else, or one with a tensor that llama.cpp
    would refuse; NonFiniteError when it holds NaN or infinity.
    """
    path = require_file(Path(path))
    try:
        reader = GGUFReader(path)
        kind, hint = _text(reader, "general.architecture"), _text(reader, MODEL_HINT)
    except Exception as error:  # a broken file raises whatever its first wrong number leads to
        raise InputError(f"{path} is not a GGUF file, or a broken one ({error}); fetch or make it again") from error
    if kind != ARCHITECTURE:
        raise InputError(
            f"{path} is a GGUF file of '{kind or 'nothing named'}' and not a control vector; a model goes to "
            "llama.cpp's -m, a control vector to --control-vector"
        )
    directions = {_block_of(tensor, path): np.array(tensor.data, dtype=np.float32) for tensor in reader.tensors}
    if len({direction.shape for direction in directions.values()}) != 1:
        raise InputError(f"{path} holds no direction, or directions of several widths; make it again")
    if not all(np.isfinite(direction).all() for direction in directions.values()):
        raise NonFiniteError(f"{path} holds NaN or infinity; make its directions again")
    return ControlVector(hint, directions)


def _text(reader: Any, key: str) -> str:
    field = reader.get_field(key)
    return "" if field is None else str(field.contents())


def _block_of(tensor: Any, path: Path) -> int:
    number = tensor.name.removeprefix(PREFIX)
    if not (tensor.name.startswith(PREFIX) and number.isascii() and number.isdigit()) or int(number) < FIRST_BLOCK:
        raise InputError(f"{path} holds a tensor '{tensor.name}'; a control vector has direction.1 and up, and no else")
    if tensor.tensor_type != GGMLQuantizationType.F32 or len(tensor.shape) != 1:
        raise InputError(f"{path}: '{tensor.name}' is not one row of 32-bit floats, as llama.cpp wants it")
    return int(number)
