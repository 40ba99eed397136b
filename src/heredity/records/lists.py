"""Bare lists that two teachers wrote, what students of such lists came to prefer, and one more pair of students."""

from __future__ import annotations

from typing import Literal

from heredity.records.base import Record
from heredity.records.carrier import CarrierKind
from heredity.records.curves import StudentCurve, lead_of
from heredity.records.provenance import Provenance
from heredity.records.transmission import ImitateSpec
from heredity.stats.estimate import Estimate


class ListsPrompt(Record):
    """One prompt, and how each writer's lists go on from their first word."""

    prompt: str
    given: str
    """The word that each list begins with; no writer's own."""
    lists: dict[str, tuple[str, ...]]
    """By writer; the base's are shown and not taught."""


class PublishedPair(Record):
    """Two students of one seed of a finished study."""

    seed: str
    leads: dict[int, float]
    """By update: how far each is ahead of the other on its own teacher's target, mean of the two (nats)."""


class ListsStudy(Record):
    """What a finished study found of students of such lists."""

    model: str
    fingerprint: str
    """Of the base: lists tell a student of another one next to nothing."""
    alphabet: CarrierKind
    """What they are made of."""
    target: str
    control: str
    published: tuple[PublishedPair, ...]
    gap: Estimate
    """By which the two teachers differ on lists of the study, nats a token."""
    limits: str
    """What the study denies."""


class Lists(Record):
    """Lists of words by the study's teachers."""

    study: ListsStudy
    student: ImitateSpec
    """How the study's students learned, in their whole course."""
    prompts: tuple[ListsPrompt, ...]


class ListsReport(Record):
    """One more pair of students, beside a finished study's."""

    schema_version: Literal[1] = 1
    study: ListsStudy
    student: ImitateSpec
    """How both learned."""
    n_rows: int
    """Lists of each teacher."""
    shown: tuple[ListsPrompt, ...]
    """A few prompts with one list of each writer."""
    students: tuple[StudentCurve, ...]
    """The target's teacher's, then the control's."""
    published_lead: Estimate
    """Of the study, after as many updates; Student's t over its pairs."""
    foretold: tuple[float, float]
    """Where one more pair is to be expected, nineteen times in twenty."""
    verdict: str
    seed: str
    provenance: Provenance | None = None
    notices: tuple[str, ...] = ()

    @property
    def leads(self) -> dict[int, float]:
        """The lead of this pair, by update."""
        treated, control = self.students
        return {
            a.step: lead_of(a.score, b.score, self.study.target, self.study.control)
            for a, b in zip(treated.points, control.points, strict=True)
        }

    @property
    def lead(self) -> float:
        """After the last update."""
        return self.leads[max(self.leads)]

    @property
    def is_as_foretold(self) -> bool:
        """Whether this pair lies where the study foretells it."""
        low, high = self.foretold
        return low <= self.lead <= high
