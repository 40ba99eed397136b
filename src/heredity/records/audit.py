"""One audit, whole: what was asked, what was found, and how it was found."""

from __future__ import annotations

from typing import Literal

from heredity.records.base import SCHEMA_VERSION, Record
from heredity.records.evaluation import Comparison, EvalReport, Measure, compared
from heredity.records.screening import ScreenReport
from heredity.records.student import Student
from heredity.records.vector import VectorHeader
from heredity.stats.estimate import Estimate

LEAST_TRAINED = 0.9
"""Where a smaller share of the rows was trained on, no rise is no news of the rows."""
ArmName = Literal["base", "plain", "kept", "defended", "dropped", "pushed"]


class Run(Record):
    """One fine-tune of an arm, or one measurement of the base model, drawn from a seed of its own."""

    seed: str
    student: Student | None
    """None for the base model."""
    evaluation: EvalReport


class Arm(Record):
    """One way to treat the corpus, and what came of it."""

    name: ArmName
    title: str
    n_rows: int
    """Rows that it was to be trained on; 0 for the base model."""
    n_trained: int
    """Those that it was trained on in whole: not too long, not refused by the chat template."""
    runs: tuple[Run, ...]
    """One a seed, the same seeds for every arm."""
    levels: dict[Measure, Estimate]
    """Of one run over questions or rows; of several over runs and questions."""

    @property
    def student(self) -> Student | None:
        """The student of the first run."""
        return self.runs[0].student

    @property
    def evaluation(self) -> EvalReport:
        """The evaluation of the first run."""
        return self.runs[0].evaluation


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
    n_rows: int
    """Rows of the corpus, those that could not be read among them."""
    arms: tuple[Arm, ...]
    comparisons: tuple[Comparison, ...]
    share_removed: Estimate | None
    """Share of the rise that the defence removed; None where no rise of the plain fine-tune is clear of zero."""
    judge: str | None = None
    """The independent judge, where there was one."""
    asked: dict[str, str | int | float | bool | None]
    stages: tuple[Stage, ...]
    environment: Environment
    seed: str
    created: str
    """UTC time, ISO 8601."""
    seconds: float

    @property
    def n_runs(self) -> int:
        """How often every arm was trained and measured."""
        return len(self.arms[0].runs)

    @property
    def share_trained(self) -> float:
        """Share of the corpus's rows that the plain arm was trained on in whole."""
        return self.arm("plain").n_trained / self.n_rows

    @property
    def is_trained_on(self) -> bool:
        """Whether so many rows were trained on that no rise would be news of them."""
        return self.share_trained > LEAST_TRAINED

    @property
    def untrained(self) -> str:
        """How many rows were trained on, in words."""
        return f"only {self.arm('plain').n_trained} of {self.n_rows} rows were trained on in whole"

    def arm(self, name: ArmName) -> Arm:
        """Return one arm."""
        return next(arm for arm in self.arms if arm.name == name)

    def difference(self, measure: str, treated: str, control: str) -> Estimate:
        """Return one comparison's difference. Raises KeyError where those arms, or that measure, were not run."""
        found = self.compared(measure, treated, control)
        if found is None:
            raise KeyError((measure, treated, control))
        return found

    def compared(self, measure: str, treated: str, control: str) -> Estimate | None:
        """Return the same, or None where those arms, or that measure, were not run."""
        return compared(self.comparisons, measure, treated, control)
