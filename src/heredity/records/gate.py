"""Whether rows may be trained on, by limits that were set before they were seen."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from heredity.records.base import Record, Spec
from heredity.records.provenance import Provenance
from heredity.records.scan import ScanReport
from heredity.records.screening import ScreenReport
from heredity.stats.estimate import Estimate

Outcome = Literal["pass", "fail", "undecided"]
EXIT_CODES: dict[Outcome, int] = {"pass": 0, "fail": 10, "undecided": 11}
"""What a gate ends with, for scripts."""


class Limit(Spec):
    """How far rows may lie off along one trait, and how many of them; one of the two, or both."""

    shift: float | None = Field(default=None, gt=0)
    """Most of the distance between the trait's poles that the rows' mean may lie towards the trait."""
    flagged: float | None = Field(default=None, gt=0, lt=1)
    """Most of the rows that may lie over the threshold of a screen for the trait, as a share."""

    @model_validator(mode="after")
    def _limits_something(self) -> Limit:
        if self.shift is None and self.flagged is None:
            raise ValueError("a limit is a `shift`, or a share of rows `flagged`")
        return self


class Policy(Spec):
    """What rows must hold to."""

    traits: dict[str, Limit] = Field(min_length=1)
    """By trait: a bundled one, or a YAML file."""
    left_out: float = Field(default=0.1, ge=0, le=1)
    """Most of the rows that may be left out, as a share: what is left out is not looked at."""
    false_alarms: float = Field(default=0.05, gt=0, lt=1)
    """Most of benign rows that lie over the threshold of a screen, as a share; a limit on rows flagged is above it."""

    @model_validator(mode="after")
    def _lets_benign_rows_pass(self) -> Policy:
        low = next(
            (name for name, one in self.traits.items() if one.flagged and one.flagged <= self.false_alarms), None
        )
        if low is not None:
            raise ValueError(
                f"{low}: of benign rows {self.false_alarms:g} may be flagged (`false_alarms`), so a limit on rows "
                "flagged must be above it"
            )
        return self


class Ruling(Record):
    """One limit, and whether the rows hold to it."""

    about: str
    """A trait, the rows flagged for one, or the rows left out."""
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
    screens: dict[str, ScreenReport] = Field(default_factory=dict)
    """By trait, where rows flagged have a limit."""
    provenance: Provenance | None = None
