"""Vectors that are there already: those in the package, and those that an earlier command kept.

A vector belongs to a model, a wording of a trait, what was asked for, and a seed; one that fits in all of them is found
again. What a command kept is found by the same version of this package alone.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from heredity import __version__
from heredity.ground.errors import HeredityError
from heredity.ground.hashing import digest
from heredity.ground.settings import cache_folder
from heredity.records.trait import Trait
from heredity.records.vector import ExtractSpec, TraitVector
from heredity.store.tensors import load_vector, save_vector

BUNDLED = Path(str(resources.files("heredity.traits") / "vectors"))
"""Vectors of the bundled traits for the embedded model, made by `python -m replications.library`."""


def known_vector(
    trait: Trait, fingerprint: str, spec: ExtractSpec | None = None, seed: str = "0"
) -> TraitVector | None:
    """Return a vector that was made before, or None."""
    spec = spec or ExtractSpec()
    for path in (BUNDLED / f"{trait.name}.safetensors", kept_path(trait, fingerprint, spec, seed)):
        if not path.is_file():
            continue
        try:
            vector = load_vector(path)
        except HeredityError:  # of another version, or cut off: it is made anew
            continue
        header = vector.header
        if (header.fingerprint, header.trait.id, header.spec.id, header.seed) == (
            fingerprint,
            trait.id,
            spec.id,
            seed,
        ):
            return vector
    return None


def keep_vector(vector: TraitVector) -> Path:
    """Keep a vector where the next command finds it."""
    header = vector.header
    return save_vector(vector, kept_path(header.trait, header.fingerprint, header.spec, header.seed))


def kept_path(trait: Trait, fingerprint: str, spec: ExtractSpec, seed: str) -> Path:
    """Return where a vector is kept."""
    key = digest({"heredity": __version__, "trait": trait.id, "model": fingerprint, "spec": spec.id, "seed": seed})
    return cache_folder() / "vectors" / f"{trait.name}-{key[:16]}.safetensors"
