"""Digests and seeds that are the same on every machine and in every process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def digest(value: Any) -> str:
    """Return the sha256 (hex, 64 characters) of a value's canonical JSON.

    Raises TypeError for what JSON cannot hold: nothing is hashed by its memory address.
    """
    return hashlib.sha256(_canonical(value)).hexdigest()


def digest_of_each(values: Iterable[Any]) -> str:
    """Return the digest of a list of these values, none of which is held."""
    whole = hashlib.sha256(b"[")
    for place, value in enumerate(values):
        whole.update((b"," if place else b"") + _canonical(value))
    whole.update(b"]")
    return whole.hexdigest()


def bytes_digest(data: bytes) -> str:
    """Return the sha256 (hex) of bytes."""
    return hashlib.sha256(data).hexdigest()


def file_digest(path: Path) -> str:
    """Return the sha256 (hex) of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def seed_from(*parts: str | int) -> int:
    """Return a 63-bit seed derived from the parts, in order; the same parts give the same seed."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
