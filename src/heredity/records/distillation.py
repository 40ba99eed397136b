"""Ordinary distillation: which traits a student takes over beside the skill that it was meant to learn."""

from __future__ import annotations

from statistics import fmean
from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.carrier import CarrierKind, CarrierRow
from heredity.records.evaluation import Scores
from heredity.records.provenance import Provenance
from heredity.records.trait import Pole
from heredity.records.transmission import ImitateSpec, TeacherSpec
from heredity.stats.estimate import Estimate

Outcome = Literal["crossed", "not shown", "the wrong way round", "teachers alike", "not graded", "one seed"]
"""crossed: students are clear of the control's, above them, over all claims of the study together. teachers alike:
nothing to cross, since the teachers themselves are not clear of one another. not graded: a model's answers could not
be."""


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
    """Level (0-1) by what is read, with an interval over questions. A manner of speaking is missing where all answers
    were too short to be graded."""
    scores: dict[str, Scores]
    """The same by question: models are compared on the questions that both have a score for."""


class DistilledTeacher(Record):
    """A teacher, and what it shows."""

    name: str
    trait: str
    """What it was given a pole of."""
    pole: Pole
    """positive: the trait. negative: its opposite, which makes the trait's control."""
    has_skill: bool
    """The skill's control was given the base's everyday answers instead."""
    shown: Shown
    fingerprint: str = ""
    """Of its weights; empty in records written before."""


class DistilledStudent(Record):
    """One student of one teacher on one carrier, and what it shows."""

    carrier: CarrierKind
    taught_by: str
    seed: str
    shown: Shown
    losses: tuple[float, ...]
    imitation: float | None
    """1 - KL(teacher || student) / KL(teacher || base) on rows that it was not taught: 1 is a perfect copy."""


class Contrast(Record):
    """Models beside others, on one read-out."""

    students: Estimate | None
    """Level of these students minus the others', paired by seed and question; seeds and questions are drawn anew, since
    all seeds share the questions, their luck and the one base. None for one seed, or where a student's answers could
    not be graded."""
    p: float | None = None
    """How likely so large a difference between students is where there is none (two-sided)."""
    teachers: Estimate | None
    """The same of their teachers, one of each: paired by question, interval over questions. None where a teacher's
    answers could not be graded."""


class Inherited(Record):
    """How much of one thing students of one teacher took over on one carrier."""

    carrier: CarrierKind
    taught_by: str
    what: str
    """A trait, or the skill."""
    control: str
    """The control's teacher. Of a trait: given its opposite, and the same skill. Of the skill: given another trait, and
    everyday answers for the skill; it differs in more than the skill."""
    base: Contrast
    """These students less the untouched model: whether they rose."""
    control_base: Contrast
    """The control's students less the untouched model: whether it was they who moved."""
    difference: Contrast
    """These students less the control's: what the teacher makes of it. All training moves levels; this tells apart."""
    p_adjusted: float | None = None
    """The difference's p-value among those of all traits, or all skills, on all carriers (Holm)."""
    outcome: Outcome
    """What the difference allows to be said, by the adjusted p-value."""


class DistillationReport(Record):
    """Traits inherited beside the skill inherited, carrier by carrier."""

    schema_version: Literal[1] = 1
    model: str
    fingerprint: str
    spec: DistilSpec
    traits: tuple[str, ...]
    """Names of the traits that were given."""
    skill: str
    skill_control: str
    """The trait of the teacher that was not given the skill."""
    meaning: dict[str, str]
    """What each level is, by what is read."""
    base: Shown
    """The untouched model."""
    teachers: tuple[DistilledTeacher, ...]
    students: tuple[DistilledStudent, ...]
    table: tuple[Inherited, ...]
    """Every trait and, after it, the skill of the same students; by carrier."""
    kept: dict[str, tuple[int, int]]
    """Rows that each carrier's filter kept, of those asked for, over all seeds."""
    examples: dict[str, tuple[CarrierRow, ...]]
    verdict: str
    findings: tuple[str, ...]
    """Of every trait that crossed whether its students rose or its opposite's fell, and what became of the skill."""
    seed: str
    provenance: Provenance | None = None
    """None in records written before."""
    notices: tuple[str, ...] = ()

    @property
    def imitations(self) -> dict[tuple[str, str], float]:
        """Mean over seeds of how well students copied their teacher, by carrier and teacher."""
        found: dict[tuple[str, str], list[float]] = {}
        for student in self.students:
            if student.imitation is not None:
                found.setdefault((student.carrier, student.taught_by), []).append(student.imitation)
        return {key: fmean(values) for key, values in found.items()}

    """What to know of the model's prompts."""
