"""Texts cut to size, times for people, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from heredity.records.dialogue import Exclusion

FOLD = 600
"""Characters from which a text is folded away behind its beginning."""


def by_reason(excluded: Iterable[Exclusion]) -> list[tuple[str, int]]:
    """Return how many rows were left out for each reason, most first."""
    return Counter(exclusion.reason for exclusion in excluded).most_common()


def beginning(text: str, n: int = 180) -> str:
    """Return the first characters of a text, cut between words and on one line."""
    flat = " ".join(text[: n * 2].split())
    return flat if len(flat) <= n else f"{flat[:n].rsplit(' ', 1)[0]} ..."


def clock(seconds: float) -> str:
    """Return a length of time for people."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"
