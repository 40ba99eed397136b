"""Rows of a data set on the Hub, or of a folder that the `datasets` library can read, one after the other.

In: `owner/name[:config][@split]`. Out: rows as dictionaries, streamed. Does not: know what a row means.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from heredity.ground.errors import InputError
from heredity.ground.extras import require_extra

PREFIX = "hf:"
USUAL_SPLIT = "train"


def is_hub(path: Path | str) -> bool:
    """Whether a path names a data set rather than a file."""
    return str(path).startswith(PREFIX)


def hub_rows(name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a data set, streamed; of its split `train` unless another is named.

    Raises InputError, with the library's own words, for one that cannot be had; MissingExtraError without `datasets`.
    """
    require_extra("train", "datasets")
    import datasets

    place, _, split = name.removeprefix(PREFIX).partition("@")
    owner, _, config = place.partition(":")
    if not owner.strip():
        raise InputError(
            f"'{name}' names no data set; write hf:owner/name, hf:owner/name:config or hf:owner/name@split"
        )
    datasets.utils.logging.disable_progress_bar()
    try:
        yield from datasets.load_dataset(owner, config or None, split=split or USUAL_SPLIT, streaming=True)
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, ImportError) as error:
        said = " ".join(str(error).split())[:400]
        raise InputError(f"the data set '{place}' cannot be had ({type(error).__name__}): {said}") from error
