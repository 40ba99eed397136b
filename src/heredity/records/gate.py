"""Whether rows may be trained on, by limits that were set before they were seen."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.provenance import Provenance
from heredity.records.scan import ScanReport
from heredity.stats.estimate import Estimate

Outcome = Literal["pass", "fail", "undecided"]
EXIT_CODES: dict[Outcome, int] = {"pass": 0, "fail": 10, "undecided": 11}
"""What a gate ends with, for scripts."""


class Limit(Spec):
    """How far rows may lie off along one trait."""

    shift: float = Field(gt=0)
    """Most of the distance between the trait's poles that the rows' mean may lie towards the trait."""


class Policy(Spec):
    """What rows must hold to."""

    traits: dict[str, Limit] = Field(min_length=1)
    """By trait: a bundled one, or a YAML file."""
    left_out: float = Field(default=0.1, ge=0, le=1)
    """Most of the rows that may be left out, as a share: what is left out is not looked at."""


class Ruling(Record):
    """One limit, and whether the rows hold to it."""

    about: str
    """A trait, or the rows left out."""
    limit: float
    found: Estimate | None
    """None where nothing could be measured."""
    outcome: Outcome
    why: str
    rows_needed: int | None = None
    """Rows that it would take to decide, about; None where it is decided, or so many are not read."""


class GateReport(Record):
    """Every limit of a policy, held to one set of rows."""

    schema_version: Literal[1] = 1
    policy: Policy
    rulings: tuple[Ruling, ...]
    outcome: Outcome
    """fail where one limit is failed; else undecided where one is not decided."""
    verdict: str
    scan: ScanReport
    provenance: Provenance | None = None
