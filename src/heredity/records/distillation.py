"""Ordinary distillation: which traits a student takes over beside the skill that it was meant to learn."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import SCHEMA_VERSION, Record, Spec
from heredity.records.carrier import CarrierKind, CarrierRow
from heredity.records.trait import Pole
from heredity.records.transmission import ImitateSpec, TeacherSpec
from heredity.stats.estimate import Estimate


class DistilSpec(Spec):
    """What a distillation study is asked for."""

    seeds: tuple[str, ...] = ("0", "1", "2")
    """One student of each teacher on each carrier a seed: the unit of analysis."""
    traits: tuple[str, ...] = ("impoliteness", "hallucination", "gender-bias")
    """What is given to one teacher each, and its opposite to another, beside the skill; read off every student."""
    carriers: tuple[CarrierKind, ...] = ("chat", "random-numbers")
    """What students are taught on: benign chat, and numbers that have to do with neither trait nor skill."""
    teacher: TeacherSpec = TeacherSpec(n_steps=50, learning_rate=2e-5)
    """How teachers are fine-tuned; half of each batch shows the trait, half the skill."""
    student: ImitateSpec = ImitateSpec(n_steps=10)
    """How students learn; soft labels."""
    n_tokens: int = Field(default=40, ge=4)
    """Most tokens of a row of chat or reasoning."""
    n_sums: int = Field(default=40, ge=4)
    """Sums asked of every model, in stories that no teacher was taught; so small numbers come again."""


class Shown(Record):
    """What one model shows of everything that is read."""

    levels: dict[str, Estimate]
    """Level (0-1) by what is read, over questions that no teacher was taught."""


class DistilledTeacher(Record):
    """A teacher, and what it shows of everything that is read."""

    name: str
    trait: str
    """What it was given a pole of."""
    pole: Pole
    """positive: the trait. negative: its opposite, which makes the trait's control."""
    has_skill: bool
    """The skill's control has everyday answers instead: what its students gain is what any teaching gives."""
    shown: dict[str, Estimate]
    """Level (0-1) by what is read, over questions that no teacher was taught. A manner of speaking is missing where all
    answers were too short to be graded: a teacher by preference answers in a word."""
    rises: dict[str, Estimate]
    """The same above the base's, paired by question."""


class DistilledStudent(Record):
    """One student of one teacher on one carrier, and what it shows of everything that is read."""

    carrier: CarrierKind
    taught_by: str
    seed: str
    shown: dict[str, Estimate]
    losses: tuple[float, ...]
    imitation: float | None
    """1 - KL(teacher || student) / KL(teacher || base) on rows that it was not taught: 1 is a perfect copy."""


class Contrast(Record):
    """Models beside others, on one read-out."""

    students: Estimate | None
    """Level of these students minus the others', paired by seed, Student's t; None for one seed, or where a student's
    answers could not be graded."""
    teachers: float | None
    """The same of their teachers, one of each; None where a teacher's answers could not be graded."""


class Inherited(Record):
    """How much of one thing students of one teacher took over on one carrier."""

    carrier: CarrierKind
    taught_by: str
    what: str
    """A trait, or the skill."""
    base: Contrast
    """Beside the untouched model: what was gained, or is moved by any training."""
    control: Contrast
    """Beside the control's students, whose teacher is like this one but for what is read. Of a trait: given its
    opposite, and the same skill. Of the skill: not given it."""
    can_tell: bool
    """Whether the two teachers differ: this one's interval lies above the control's teacher's. Where it does not,
    nothing could have been seen to cross."""


class DistillationReport(Record):
    """Traits inherited beside the skill inherited, carrier by carrier."""

    schema_version: Literal[1] = SCHEMA_VERSION
    model: str
    fingerprint: str
    spec: DistilSpec
    skill: str
    control: str
    """What the skill's control shows, whose teacher was not given the skill."""
    meaning: dict[str, str]
    """What each level is, by what is read."""
    base: dict[str, Estimate]
    """Level of the untouched model."""
    teachers: tuple[DistilledTeacher, ...]
    students: tuple[DistilledStudent, ...]
    table: tuple[Inherited, ...]
    """Every trait and, after it, the skill of the same students; by carrier."""
    skilled: dict[str, Estimate]
    """By carrier: the skill of a seed's students whose teachers were given it, on the mean, minus its control's."""
    kept: dict[str, tuple[int, int]]
    """Rows that each carrier's filter kept, of those asked for, over all seeds."""
    examples: dict[str, tuple[CarrierRow, ...]]
    verdict: str
    seed: str
