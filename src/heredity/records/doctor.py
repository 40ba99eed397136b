"""What works on a machine, and what to install."""

from __future__ import annotations

from typing import Literal

from heredity.records.base import Record

State = Literal["ok", "missing", "note"]


class Check(Record):
    """One thing that was looked at."""

    name: str
    state: State
    """missing: something that a verb needs is not there. note: all works, slower or less of it."""
    found: str
    next: str = ""
    """What to type, or to do, where it is not ok."""


class Doctor(Record):
    """What was looked at, in the order in which it matters."""

    schema_version: Literal[1] = 1
    version: str
    checks: tuple[Check, ...]

    @property
    def is_ready(self) -> bool:
        """Whether the embedded model can be audited here."""
        return not any(check.state == "missing" for check in self.checks)
