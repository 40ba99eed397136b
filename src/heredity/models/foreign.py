"""Directions in the public persona-vectors form: one tensor `[n_blocks + 1, width]` in a `.pt` file ([PV], code).

Slot 0 is the embeddings, slot i the stream after the i-th block, counted from 1. Upstream reads the slots of
`output_hidden_states`, so its last slot is the stream after the final norm, not the last block's own output.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch

from heredity.ground.errors import InputError, NonFiniteError
from heredity.ground.files import require_file, write_bytes
from heredity.models.blocks import hidden_states_slot
from heredity.stats.arrays import Singles

FIRST = hidden_states_slot(0)
"""The slot of the first block; the slots before it are no block's."""


def read_directions(path: Path | str) -> Singles:
    """Return the directions `[n_blocks, width]` of an upstream file; the embeddings' slot is left out.

    The file is read as tensors only: a pickle that names code is refused and nothing in it runs. Raises InputError
    that says what the file holds instead, NonFiniteError when it holds NaN or infinity.
    """
    path = require_file(Path(path))
    tensor = _only_tensor(_loaded(path), path)
    if tensor.ndim != 2 or tensor.shape[0] <= FIRST or not tensor.shape[1]:
        raise InputError(
            f"{path} holds a tensor of shape {list(tensor.shape)}; a persona-vectors file has one direction for the "
            "embeddings and one for each block, [n_blocks + 1, width]"
        )
    directions: Singles = tensor[FIRST:].to(torch.float32).contiguous().numpy()
    if not np.isfinite(directions).all():
        raise NonFiniteError(f"{path} holds NaN or infinity; make its directions again")
    return directions


def write_directions(directions: Singles, path: Path | str) -> Path:
    """Write directions `[n_blocks, width]` as an upstream file, whole or not at all; return the path.

    Slot 0 is zeros: there is no direction for the embeddings. The last slot is the last block's own output, which
    upstream's code, reading after the final norm, would not make. Raises InputError for another shape,
    NonFiniteError for NaN or infinity.
    """
    if directions.ndim != 2:
        raise InputError(f"directions have the shape [n_blocks, width]; these have {list(directions.shape)}")
    if not np.isfinite(directions).all():
        raise NonFiniteError("the directions hold NaN or infinity; extract the vector again")
    slots = np.zeros((FIRST + len(directions), directions.shape[1]), dtype=np.float32)
    slots[FIRST:] = directions
    stream = io.BytesIO()
    torch.save(torch.from_numpy(slots), stream)
    return write_bytes(Path(path), stream.getvalue())


def _loaded(path: Path) -> Any:
    try:
        return torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # a file made to deceive can raise any kind
        code = re.search(r"GLOBAL (\S+)", str(error))
        if code:
            raise InputError(
                f"{path} is a pickle that carries code ({code.group(1)}) beside or instead of a tensor; nothing of it "
                "was run. Ask for the plain tensor, saved with torch.save"
            ) from error
        raise InputError(
            f"{path} is not a file of torch.save ({_first_words(error)}); a persona-vectors file is one tensor, "
            "[n_blocks + 1, width]"
        ) from error


def _only_tensor(found: Any, path: Path) -> torch.Tensor:
    if not isinstance(found, torch.Tensor):
        inside = f" of {', '.join(map(str, list(found)[:5]))}" if isinstance(found, dict) else ""
        raise InputError(
            f"{path} holds a {type(found).__name__}{inside}; a persona-vectors file is one tensor: take the one "
            "that is the vector out of it and save that alone"
        )
    if not found.is_floating_point() or found.layout != torch.strided:
        raise InputError(f"{path} holds a {found.layout} tensor of {found.dtype}; a direction is dense floats")
    return found.detach()


def _first_words(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
