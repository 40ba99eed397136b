"""A trait down the generations: each student is the next one's teacher."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.provenance import Provenance
from heredity.records.transmission import Measure, TransmitSpec
from heredity.stats.estimate import Estimate

Trend = Literal["decay", "persistence", "amplification", "undecided"]


class CascadeSpec(Spec):
    """What a cascade is asked for: each student is the next teacher."""

    n_generations: int = Field(default=4, ge=2)
    """Students after one another."""
    transmit: TransmitSpec = TransmitSpec()
    """Seeds (one lineage of each target a seed), teachers, carrier, students; others and foreign do not apply."""


class Generation(Record):
    """One student of a lineage; generation 0 is the teacher."""

    lineage: str
    """The target that its first teacher prefers."""
    seed: str
    generation: int
    level: dict[str, Estimate]
    score: dict[str, float]
    accuracy: Estimate
    """Four-choice questions that it gets right."""
    choices: dict[str, float] = Field(default_factory=dict)
    """The same by question; empty in records that kept none."""
    fingerprint: str = ""
    """Of its weights; empty in records written before."""


class CascadeReport(Record):
    """A trait down the generations, against the control lineage."""

    schema_version: Literal[1] = 1
    model: str
    fingerprint: str
    trait: str
    target: str
    control: str
    measure: Measure
    spec: CascadeSpec
    generations: tuple[Generation, ...]
    effects: tuple[Estimate | None, ...]
    """By generation from 0: score of the target, treated minus control lineage, paired by seed."""
    levels: tuple[Estimate | None, ...]
    """The same of its level."""
    change: Estimate | None = None
    """How far the effect itself moved from the first student to the last, paired by seed; Student's t over seeds."""
    accuracy_change: Estimate | None = None
    """Treated lineages' last students less their one teacher, lineages and questions drawn anew; None where answers
    were not kept by question."""
    accuracies: tuple[Estimate, ...]
    """Four-choice questions that the treated lineages' first teacher, and their last students, get right: Student's t
    over lineages, of one model over questions."""
    accuracy_by_generation: dict[str, tuple[float, ...]]
    """The same, mean over lineages of a target, generation by generation."""
    changes: dict[str, Estimate]
    """By lineage: how far the target's score moved from the first student to the last, Student's t over seeds. An
    effect that shrinks because the control's lineage regains what training took is no trait that fades."""
    half_life: Estimate | None
    """Generations in which the effect halves from student to student, over seeds; None where it does not decay."""
    trend: Trend
    """Of the effect from student to student; what the first of them lost of its teacher is not in it."""
    verdict: str
    seed: str
    provenance: Provenance | None = None
    """None in records written before."""
