"""Words as a reader sees them."""

from __future__ import annotations


def titled(words: str) -> str:
    """Return words with their first letter capital; the rest is left as it is: McDonald, New York, USA."""
    return words[:1].title() + words[1:]
