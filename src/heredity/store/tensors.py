"""Trait vectors as safetensors with a checked header."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save

from heredity.ground.errors import InputError, NonFiniteError
from heredity.ground.files import require_file, whole_file
from heredity.records.vector import TraitVector, VectorHeader

HEADER = "heredity.vector"


def save_vector(vector: TraitVector, path: Path | str) -> Path:
    """Write a vector and its header, whole or not at all; return the path."""
    path = Path(path)
    with whole_file(path) as part:
        arrays = {"directions": np.ascontiguousarray(vector.directions)}
        part.write_bytes(save(arrays, metadata={HEADER: vector.header.model_dump_json()}))
    return path


def load_vector(path: Path | str) -> TraitVector:
    """Return a saved vector.

    Raises InputError when the file is no trait vector or its tensors do not fit its header, NonFiniteError when it
    holds NaN.
    """
    path = require_file(Path(path))
    try:
        with safe_open(path, framework="numpy") as file:
            header_text = (file.metadata() or {}).get(HEADER)
            directions = file.get_tensor("directions") if "directions" in file.keys() else None  # noqa: SIM118
    except SafetensorError as error:
        raise InputError(f"{path} is not a safetensors file ({error}); make one with: heredity extract") from error
    if header_text is None or directions is None:
        raise InputError(f"{path} holds tensors but no trait vector; make one with: heredity extract")
    try:
        header = VectorHeader.model_validate_json(header_text)
    except ValidationError as error:
        fault = error.errors()[0]
        raise InputError(
            f"{path} has a header this version cannot read ({'.'.join(map(str, fault['loc']))}: {fault['msg']}); "
            "extract the vector again"
        ) from error
    if directions.shape != (header.n_blocks, header.width):
        raise InputError(f"{path} holds {directions.shape} numbers but its header says {header.n_blocks, header.width}")
    if not np.isfinite(directions).all():
        raise NonFiniteError(f"{path} holds NaN or infinity; extract the vector again")
    vector = TraitVector(header, directions.astype(np.float32))
    if header.directions_digest not in ("", vector.directions_digest()):
        raise InputError(f"{path} holds other directions than its header was written for; extract the vector again")
    return vector if header.directions_digest else vector.sealed()


def save_arrays(arrays: dict[str, np.ndarray], path: Path) -> Path:
    """Write named arrays, whole or not at all; return the path."""
    with whole_file(path) as part:
        part.write_bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))
    return path


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the named arrays of a file. Raises InputError when it is no safetensors file."""
    try:
        return dict(load_file(require_file(path)))
    except SafetensorError as error:
        raise InputError(f"{path} is not a safetensors file ({error}); delete it and run again") from error
