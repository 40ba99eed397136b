"""A folder in which every stage's result is kept by the digest of all that it depends on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from heredity import __version__
from heredity.ground.errors import InputError
from heredity.ground.files import read_text, whole_folder, write_bytes, write_text
from heredity.ground.hashing import digest, file_digest
from heredity.records.base import Record
from heredity.records.identity import ModelIdentity, Package

T = TypeVar("T")
R = TypeVar("R", bound=Record)
LAYOUT = 1
"""Of kept steps; raised when what a step leaves in its folder changes."""


@dataclass(frozen=True)
class Kept(Generic[T]):
    """A stage's result, where it lies, and what it cost when it was made."""

    value: T
    folder: Path
    cached: bool
    seconds: float
    n_tokens: int | None


@cache
def this_package() -> Package:
    """Return this package's version, and the digest of the texts that ship with it."""
    return Package(version=__version__, banks=banks_digest(Path(__file__).parents[1]))


def banks_digest(package: Path) -> str:
    """Return the digest of all YAML files below a package's folder."""
    return digest({str(file.relative_to(package)): file_digest(file) for file in sorted(package.rglob("*.yaml"))})


@dataclass(frozen=True)
class Workspace:
    """Results of stages below one folder; a result is there whole or not at all.

    Every one depends on the model and on this package, whatever else its step names.
    """

    root: Path
    model: ModelIdentity | None
    """The model that the stages work with; None where none takes part."""
    package: Package = field(default_factory=this_package)

    def stage(
        self,
        name: str,
        depends_on: dict[str, Any],
        make: Callable[[Path], int | None],
        load: Callable[[Path], T],
    ) -> Kept[T]:
        """Return a stage's result, made only if nothing with the same dependencies is here.

        `make` writes into the folder it is given, which takes its place only when it is done, and returns how many
        tokens that took, if it knows; `load` reads the folder.
        """
        whole = self._whole(depends_on)
        folder = self._folder(name, whole)
        done = folder / "done.json"
        cached = done.exists()
        if not cached:
            started = time.monotonic()
            with whole_folder(folder) as part:
                n_tokens = make(part)
                cost = {"seconds": time.monotonic() - started, "n_tokens": n_tokens, "depends_on": whole}
                write_text(part / "done.json", json.dumps(cost, indent=1, sort_keys=True))
        cost = json.loads(done.read_text())
        return Kept(load(folder), folder, cached, float(cost["seconds"]), cost.get("n_tokens"))

    def holds(self, name: str, depends_on: dict[str, Any]) -> bool:
        """Whether a stage's result with these dependencies is here."""
        return (self._folder(name, self._whole(depends_on)) / "done.json").exists()

    def scratch(self, name: str, depends_on: dict[str, Any]) -> Path:
        """Return a folder for half-done work of a stage (checkpoints), kept until the stage is done."""
        folder = self._folder(name, self._whole(depends_on))
        return folder.with_name(f"{folder.name}.resume")

    def _folder(self, name: str, whole: dict[str, Any]) -> Path:
        return self.root / f"{name}-{digest(whole)[:16]}"

    def _whole(self, depends_on: dict[str, Any]) -> dict[str, Any]:
        return {
            "layout": LAYOUT,
            "package": self.package.model_dump(),
            "model": self.model.model_dump() if self.model else None,
            "step": depends_on,
        }


def save_record(record: Record, path: Path) -> Path:
    """Write a record as JSON, whole or not at all."""
    return write_text(path, record.model_dump_json(indent=1))


def save_files(files: Mapping[str, str | bytes], folder: Path) -> Path:
    """Write files below a folder, each whole or not at all, in their order; return the last one's path."""
    paths = [
        write_text(folder / name, content) if isinstance(content, str) else write_bytes(folder / name, content)
        for name, content in files.items()
    ]
    return paths[-1]


def load_record(kind: type[R], path: Path) -> R:
    """Return a record read back. Raises InputError when the file holds no such record."""
    text = read_text(path)
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors()[0]
        raise InputError(
            f"{path} is not a {kind.__name__} that this version reads "
            f"({'.'.join(map(str, fault['loc']))}: {fault['msg']}); make it again"
        ) from error
