"""Subliminal learning in a world small enough to be exact: digits, noise, and one step of gradient descent."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.provenance import Provenance
from heredity.stats.controls import ControlOutcome
from heredity.stats.estimate import Estimate

N_CLASSES = 10
CHANCE = 1 / N_CLASSES
"""Accuracy of a guess among ten digits."""
HALF_DECADES = tuple(float(f"{10 ** (half / 2):.3g}") for half in range(-12, 5))
"""1e-6, 3.16e-6, ... 100."""


class SmallWorldSpec(Spec):
    """What the small world is asked for."""

    n_seeds: int = Field(default=10, ge=2)
    """Teachers, each with its own students: the unit of analysis."""
    width: int = Field(default=256, ge=1)
    """Units in each of the two hidden layers."""
    n_auxiliary: int = Field(default=3, ge=1)
    """Logits beside the ten classes, which no label trains; all that students are shown of a teacher."""
    teacher_steps: int = Field(default=100, ge=1)
    """Adam's steps of a teacher on labelled digits."""
    teacher_rate: float = Field(default=3e-4, gt=0)
    """Learning rate of the teachers."""
    student_steps: int = Field(default=800, ge=1)
    """Optimizer steps (Adam) of a student on noise."""
    student_rate: float = Field(default=1e-3, gt=0)
    """Learning rate of the students."""
    batch_rows: int = Field(default=64, ge=2)
    """Digits a step of a teacher; new noise inputs a step of a student."""
    test_share: float = Field(default=0.25, gt=0, le=0.5)
    """Share of the digits that no teacher sees, on which all are measured."""
    n_draws: int = Field(default=100, ge=2)
    """Initialisations on which the theorem is checked, each with its own digits and its own noise."""
    n_inputs: int = Field(default=64, ge=1)
    """Noise inputs of the student's one step, where the theorem is checked."""
    step_sizes: tuple[float, ...] = HALF_DECADES
    """Learning rates of the teacher's one step, rising, where the theorem is checked."""


class SmallWorldRun(Record):
    """One seed: accuracy on test digits of a teacher, of its students, and of what they started from."""

    run: int
    start: float
    """The untrained network that the teacher began from."""
    teacher: float
    same: float
    """A student that began from the teacher's own start."""
    other: float
    """A student that began elsewhere; all else as for `same`."""
    shuffled: float
    """A student as `same`, each of whose inputs came with the teacher's logits for another input."""


class SmallWorldRuns(Record):
    """All seeds, and the digits they were trained and measured on."""

    n_train: int
    n_test: int
    runs: tuple[SmallWorldRun, ...]


class FirstStep(Record):
    """One step of a student beside one of its teacher, over draws of initialisation, digits and noise.

    The student's step has learning rate 1: another would scale it, and change neither sign, ratio nor cosine.
    """

    step_size: float
    """Learning rate of the teacher's step."""
    lowest: float
    """The least inner product of the two steps."""
    negative: Estimate
    """Share of draws whose inner product is below zero by more than rounding; Wilson."""
    ratio: Estimate
    """Inner product over its first-order prediction, E |J(x) step_teacher|^2; Student's t over draws."""
    lowest_ratio: float
    highest_ratio: float
    cosine: Estimate
    """Of the two steps; Student's t over draws."""
    negative_elsewhere: Estimate
    """The share below zero where the teacher began from another initialisation: the null."""
    cosine_elsewhere: Estimate
    """The cosine of the same."""


class FirstSteps(Record):
    """The check of Theorem 1, by rising step size."""

    steps: tuple[FirstStep, ...]


class SmallWorldReport(Record):
    """What crossed through noise, and how far the theorem that says it must holds."""

    schema_version: Literal[1] = 1
    spec: SmallWorldSpec
    n_train: int
    n_test: int
    runs: tuple[SmallWorldRun, ...]
    start: Estimate
    """Accuracy on test digits; like the next four, Student's t over seeds."""
    teacher: Estimate
    same: Estimate
    other: Estimate
    shuffled: Estimate
    same_minus_other: Estimate
    """Paired by seed; Student's t over seeds."""
    same_minus_shuffled: Estimate
    """Paired by seed; Student's t over seeds."""
    own_logits: ControlOutcome | None = None
    """Whether students are told apart from those that were taught the logits of other inputs."""
    verdict: str
    """What the intervals allow to be said of the students."""
    steps: tuple[FirstStep, ...]
    first_order_until: float | None
    """Largest step size up to which the mean ratio is within 10% of 1; None when it is so at none."""
    never_negative_until: float | None
    """Largest step size up to which no draw has a negative inner product; None when one has at every size."""
    theorem: str
    """What the draws allow to be said of Theorem 1."""
    seed: str
    provenance: Provenance | None = None
    """None in records written before."""
