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
NO_ROWS = ("dataset_info.json", "dataset_infos.json", "state.json", "dataset_dict.json")
"""What the `datasets` library writes beside its rows."""
CACHED = "cache-"
"""How it begins the names of what it can make again."""
WRITTEN = "heredity-out"
"""The folder that commands write into unless told otherwise: what lies there is no source."""
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
    if is_several(path):
        lead = lead_of(path)
        pattern = str(path.relative_to(lead))
        found = sorted(file for file in lead.glob(pattern) if file.is_file() and not is_aside(file, lead))
        if not found:
            raise InputError(f"no file is called like {path}; check the pattern, or the folder you are in")
        return tuple(found)
    return (require_file(path),)


def is_several(path: Path) -> bool:
    """Whether a path names a folder or a pattern rather than a file."""
    return path.is_dir() or (not path.exists() and any(mark in str(path) for mark in PATTERN))


def lead_of(path: Path) -> Path:
    """Return the folder in which a source's files lie: a folder itself, or what stands before a pattern."""
    if path.is_dir():
        return path
    fixed = list(path.parts)
    n = next((i for i, part in enumerate(fixed) if any(mark in part for mark in PATTERN)), len(fixed))
    return Path(*fixed[:n])


def holds_rows(file: Path, folder: Path) -> bool:
    """Whether a file in a folder is one of rows, by its name."""
    endings = [ending.lower() for ending in file.suffixes[-2:]]
    kind = endings[-2] if len(endings) > 1 and endings[-1] in PACKED else (endings or [""])[-1]
    is_cached = kind == ARROW and file.name.startswith(CACHED)
    return kind in (*KINDS, ARROW) and file.name not in NO_ROWS and not is_cached and not is_aside(file, folder)


def is_aside(file: Path, folder: Path) -> bool:
    """Whether a file in a folder is hidden, or of what commands write."""
    return any(part.startswith(".") or part == WRITTEN for part in file.relative_to(folder).parts)


def name_in(path: Path, shard: Path) -> str:
    """Return what a shard is called within its source."""
    return shard.relative_to(lead_of(path)).as_posix()


def require_outside(source: Path, folder: Path) -> None:
    """Raise InputError for a folder to write into that lies among the files that are read."""
    is_within = is_several(source) and folder.resolve().is_relative_to(lead_of(source).resolve())
    if is_within and WRITTEN not in folder.parts:
        raise InputError(
            f"{folder} lies in {lead_of(source)}, which is read: what is written there would be read as rows; name "
            "another folder with --out"
        )
