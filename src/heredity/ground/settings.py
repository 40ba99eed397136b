"""Where this project keeps what it can make again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the cache folder: $HEREDITY_CACHE, or $XDG_CACHE_HOME/heredity, or ~/.cache/heredity."""
    chosen = os.environ.get("HEREDITY_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heredity"
