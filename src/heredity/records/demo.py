"""The demonstration: its acts, and what lies in the package for it."""

from __future__ import annotations

from typing import Literal

from heredity.records.base import Record
from heredity.records.provenance import Provenance


class Act(Record):
    """One act: what it showed, and what it left out."""

    name: str
    """Also that of its folder."""
    title: str
    sentence: str
    """What it showed, with its interval."""
    left_out: str
    """What it left out for time, and where that is to be had."""
    in_full: bool = False
    """Whether the terminal shows all that its own record says, not this sentence alone."""
    page: str = ""
    """Its own page, from the demonstration's folder."""
    seconds: float


class DemoReport(Record):
    """The demonstration as far as it has come."""

    schema_version: Literal[1] = 1
    model: str
    trait: str
    """Its title."""
    acts: tuple[Act, ...] = ()
    to_come: tuple[str, ...]
    """Titles of the acts that are still to come."""
    seed: str
    provenance: Provenance | None = None
    """None: each act's own record has its own."""

    def after(self, act: Act) -> DemoReport:
        """Return the report with one more act."""
        return self.model_copy(update={"acts": (*self.acts, act), "to_come": self.to_come[1:]})


class ShippedFiles(Record):
    """What lies in the package for the demonstration, and how it was made."""

    schema_version: Literal[1] = 1
    trait: str
    """Digest of the trait's wording."""
    model: str
    fingerprint: str
    vector: str
    """Digest of the vector, with its header."""
    digests: dict[str, str]
    """sha256 of every file, by name."""
    made: dict[str, str]
    """Machine, commit and versions."""
