"""The files of a source: one alone, all that a folder holds, or those that a pattern names.

In: a path. Out: its files in the order in which their rows are numbered. Does not: open them.
"""

from __future__ import annotations

from pathlib import Path

from heredity.ground.errors import InputError
from heredity.ground.files import require_file
from heredity.store.containers import PACKED

ARROW = ".arrow"
KINDS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".pq")
"""Endings of files in a folder that are taken for rows, packed or not."""
NO_ROWS = ("dataset_info.json", "state.json", "dataset_dict.json")
"""What the `datasets` library writes beside its rows."""
PATTERN = "*?["


def shards_of(path: Path) -> tuple[Path, ...]:
    """Return the files of a source, sorted by name. Raises InputError where there is none."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and holds_rows(file, path))
        arrow = [file for file in files if file.suffix == ARROW]
        if not files:
            kinds = ", ".join((*KINDS, ARROW))
            raise InputError(f"{path} is a folder in which no file holds rows; these do: {kinds}, packed or not")
        return tuple(arrow or files)
    if not path.exists() and any(mark in str(path) for mark in PATTERN):
        pattern = path.relative_to(path.anchor) if path.is_absolute() else path
        found = sorted(file for file in Path(path.anchor or ".").glob(str(pattern)) if file.is_file())
        if not found:
            raise InputError(f"no file is called like {path}; check the pattern, or the folder you are in")
        return tuple(found)
    return (require_file(path),)


def is_several(path: Path) -> bool:
    """Whether a path names a folder or a pattern rather than a file."""
    return path.is_dir() or (not path.exists() and any(mark in str(path) for mark in PATTERN))


def holds_rows(file: Path, folder: Path) -> bool:
    """Whether a file in a folder is one of rows, by its name; hidden ones are not."""
    endings = [ending.lower() for ending in file.suffixes[-2:]]
    kind = endings[-2] if len(endings) > 1 and endings[-1] in PACKED else (endings or [""])[-1]
    is_hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return kind in (*KINDS, ARROW) and file.name not in NO_ROWS and not is_hidden


def name_in(path: Path, shard: Path) -> str:
    """Return what a shard is called within its source."""
    return shard.relative_to(path).as_posix() if path.is_dir() else shard.name
