"""What several commands do first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from heredity.ground.errors import MismatchError
from heredity.ground.files import require_writable
from heredity.ground.progress import Progress
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector

if TYPE_CHECKING:
    from heredity.models.model import Model


def writable(out: Path) -> Path:
    """Return the output folder, proven writable before any work is done."""
    return require_writable(Path(out))


def loaded(context: typer.Context, name: str) -> Model:
    """Return the named model on the device and in the number type asked for."""
    from heredity.models.load import load

    shared = context.obj
    return load(name, shared.device, shared.dtype, shared.trust_remote_code)


def vector_for(path: Path | None, trait: Trait, model: Model, seed: str, progress: Progress) -> TraitVector:
    """Return the vector from a file, or extracted now.

    Raises MismatchError when the file holds another trait's vector, or another model's.
    """
    from heredity.store.tensors import load_vector
    from heredity.vectors.extract import extract

    if path is None:
        return extract(trait, model, seed=seed, progress=progress)
    vector = load_vector(path)
    if vector.header.trait.id != trait.id:
        raise MismatchError(
            f"{path} is the vector of '{vector.header.trait.name}', or of an earlier wording of it, not of "
            f"'{trait.name}' as it reads now; extract it again with: heredity extract {trait.name}"
        )
    vector.require_model(model.name, model.fingerprint)
    return vector
