"""What crossed from teachers to students."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import SCHEMA_VERSION, Record, Spec
from heredity.stats.estimate import Estimate

ArmKind = Literal["treated", "control"]


class TransmitSpec(Spec):
    """What a transmission study is asked for."""

    seeds: tuple[str, ...] = ("0", "1")
    """One pair of students a seed: the unit of analysis."""
    control: str = "cat"
    """What the control student's teacher prefers; everything else is the same."""
    labels: Literal["forward_kl", "reverse_kl"] = "forward_kl"
    """How students follow the teacher's distribution; random numbers as hard labels would say nothing of a teacher."""
    n_steps: int = Field(default=24, ge=1)
    """Optimizer steps of a student."""
    batch_rows: int = Field(default=16, ge=1)
    """Sequences a step."""
    n_values: int = Field(default=10, ge=2)
    """Numbers in a sequence."""
    learning_rate: float = Field(default=2e-4, gt=0)
    """Of the students."""
    teacher_steps: int = Field(default=25, ge=1)
    """Optimizer steps that give a teacher its preference."""
    teacher_rows: int = Field(default=8, ge=1)
    """Rows a step of a teacher."""
    teacher_rate: float = Field(default=1e-5, gt=0)
    """Learning rate of the teachers."""
    n_points: int = Field(default=4, ge=1)
    """Times at which a student is measured, the last step among them."""


class Teacher(Record):
    """A model with a preference, and how strongly it has it."""

    target: str
    probability: Estimate
    """P(target | the list), over questions that taught it nothing."""
    base: Estimate
    """The same of the model that it was made from."""
    n_steps: int
    losses: tuple[float, ...]


class CurvePoint(Record):
    """A student after some steps."""

    step: int
    probability: dict[str, Estimate]
    """P(target | the list) for the treated and the control target, over evaluation questions."""
    log_odds: dict[str, float]
    """Mean log-odds of the same (nats)."""


class StudentCurve(Record):
    """One student from the base (step 0) to its last step."""

    arm: ArmKind
    taught_by: str
    seed: str
    points: tuple[CurvePoint, ...]
    losses: tuple[float, ...]


class TransmissionReport(Record):
    """Students of the trait's teacher beside students of another's, seed by seed."""

    schema_version: Literal[1] = SCHEMA_VERSION
    model: str
    fingerprint: str
    trait: str
    target: str
    control: str
    carrier: str
    examples: tuple[str, ...]
    """Of the carrier, for people."""
    spec: TransmitSpec
    teachers: tuple[Teacher, ...]
    students: tuple[StudentCurve, ...]
    effect: Estimate
    """Log-odds of the target, treated minus control at the last step, paired by seed; Student's t over seeds."""
    effect_probability: Estimate
    """The same of P(target | the list)."""
    control_effect: Estimate
    """Log-odds of the control's target, control minus treated: the other half of a double dissociation."""
    verdict: str
    seed: str
