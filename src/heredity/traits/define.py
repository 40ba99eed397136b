"""Read traits from the bundled library or from a user's YAML file."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from heredity.ground.errors import UnknownNameError
from heredity.ground.files import read_text
from heredity.records.trait import Trait
from heredity.store.yaml_record import record_in_yaml

LIBRARY = resources.files("heredity.traits") / "library"


def bundled_names() -> list[str]:
    """Return the names of the bundled traits, sorted."""
    return sorted(file.name.removesuffix(".yaml") for file in LIBRARY.iterdir() if file.name.endswith(".yaml"))


def trait(name: str) -> Trait:
    """Return a bundled trait by name, or a trait from a YAML file by path.

    Raises UnknownNameError for a name nobody has, InputError for a file that holds no valid trait.
    """
    if name in bundled_names():
        return parse_trait((LIBRARY / f"{name}.yaml").read_text(encoding="utf-8"), f"bundled trait '{name}'")
    if name.endswith((".yaml", ".yml")) or "/" in name:
        return parse_trait(read_text(Path(name)), name)
    raise UnknownNameError("trait", name, bundled_names())


def parse_trait(text: str, source: str) -> Trait:
    """Return the trait that a YAML text describes. Raises InputError that names every field at fault."""
    return record_in_yaml(Trait, text, source, "`heredity trait show evil` prints one to start from")
