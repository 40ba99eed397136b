"""Choosing from sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def spread(items: Sequence[T], n: int) -> list[T]:
    """Return `n` of the items at equal distances, or all where there are no more."""
    return list(items) if len(items) <= n else [items[i * len(items) // n] for i in range(n)]
