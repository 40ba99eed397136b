"""One cell of a matrix: tinted where it is clear of chance, hollow where it is not, framed where it is its own."""

from __future__ import annotations

from dataclasses import dataclass

N_ROOMY = 7
"""Rows or columns up to which a cell has room for what stands below its number."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What every matrix's cells have."""

    text: str
    """The number."""
    said: str
    """All about it, for a reader who rests on it."""
    is_own: bool
    """Whether row and column are of one trait."""
    is_clear: bool
    """Whether it is clear of what chance gives."""
    tint: int
    """Nothing where it is not clear."""

    @property
    def classes(self) -> str:
        """How it is drawn."""
        drawn = f"over t{self.tint}" if self.is_clear else "luck"
        return f"{drawn} own" if self.is_own else drawn
