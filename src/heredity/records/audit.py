"""One audit, whole: what was asked, what was found, and how it was found."""

from __future__ import annotations

from typing import Literal

from heredity.records.base import SCHEMA_VERSION, Record
from heredity.records.evaluation import Comparison, EvalReport
from heredity.records.screening import ScreenReport
from heredity.records.student import Student
from heredity.records.vector import VectorHeader
from heredity.stats.estimate import Estimate

ArmName = Literal["base", "plain", "kept", "defended"]


class Arm(Record):
    """One way to treat the corpus, and what came of it."""

    name: ArmName
    title: str
    n_rows: int
    student: Student | None
    """None for the base model."""
    evaluation: EvalReport


class Stage(Record):
    """One step of the audit and what it cost."""

    name: str
    cached: bool
    seconds: float
    """Of the run that made the result, even where it was cached."""
    n_tokens: int | None = None
    """Tokens that went through the model, where the step counts them."""


class Environment(Record):
    """What the run rests on."""

    versions: dict[str, str]
    device: str
    dtype: str
    n_threads: int
    platform: str


class AuditReport(Record):
    """The three answers: will it give my model this trait, which rows, and can I fine-tune safely?"""

    schema_version: Literal[1] = SCHEMA_VERSION
    verdict: str
    findings: tuple[str, ...]
    """One sentence each, with figures."""
    vector: VectorHeader
    screen: ScreenReport
    arms: tuple[Arm, ...]
    comparisons: tuple[Comparison, ...]
    share_removed: Estimate | None
    """Share of the rise that the defence removed; None where the plain fine-tune raised nothing."""
    asked: dict[str, str | int | float | bool | None]
    stages: tuple[Stage, ...]
    environment: Environment
    seed: str
    created: str
    """UTC time, ISO 8601."""
    seconds: float

    def arm(self, name: ArmName) -> Arm:
        """Return one arm."""
        return next(arm for arm in self.arms if arm.name == name)
