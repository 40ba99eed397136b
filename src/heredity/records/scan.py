"""What rows would teach, with no trait named: every trait's shift, what is left over, and in which rows and topics."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.dialogue import Exclusion
from heredity.records.provenance import Provenance
from heredity.stats.estimate import Estimate
from heredity.stats.nulls import CHANCE

MOST_READ = 2000
"""Rows of a file that are held for a scan."""


class ScanSpec(Spec):
    """How rows are set beside what the model itself would say."""

    n_rows: int = Field(default=256, ge=16, le=MOST_READ)
    """Most rows that are read, drawn from all of the file; the model answers the prompt of each of them."""
    n_tokens: int = Field(default=48, ge=8)
    """Tokens of each answer that are read, the rows' and the model's own alike."""
    temperature: float = Field(default=0.8, ge=0)
    """At which the model's own answers are sampled: rows are held to what it says, not to its likeliest answer."""
    n_null: int = Field(default=500, ge=50)
    """Random directions behind each trait's null."""
    n_flips: int = Field(default=5_000, ge=100)
    """Times that rows and the model's own answers change sides for the nulls."""
    n_topics: int = Field(default=5, ge=2, le=12)
    """Most groups of prompts; none has fewer than eight rows on average."""
    level: float = Field(default=0.05, gt=0, lt=1)
    """How often, over all traits, one may be said to be there by luck."""
    least_held: float = Field(default=0.2, ge=0, le=1)
    """Of what tells the rows from the model's own answers, as a share, what must lie along the traits together for any
    of them to be told: rows by another hand, or on another subject, lie off along every trait a little."""


class ScannedRow(Record):
    """One row, how far it lies along a direction, and what the model itself would say."""

    line: int
    score: float
    prompt: str
    response: str
    own: str
    """The model's own answer, cut off where the reading ends."""


class Topic(Record):
    """A group of prompts that the model reads alike."""

    words: tuple[str, ...]
    """Words that stand in its prompts more than in the others'."""
    n_rows: int


class TraitShift(Record):
    """How far the rows lie from the model's own answers along one trait's vector."""

    trait: str
    title: str
    vector_id: str
    heldout_auc: Estimate
    """How well the vector tells held-out answers of the two poles apart."""
    is_above_chance: bool
    """Whether the vector itself is told from luck."""
    shift: Estimate
    """Mean over rows of the row's reading less that of the model's own answer, as a share of the distance between the
    trait's two poles; Student's t."""
    p: float
    """How likely so large a mean is, over all traits, where rows and own answers change sides by luck (two-sided)."""
    p_beyond: float | None
    """The same over the traits that are not told yet, once those that are told before it are taken out; None where it
    was not asked: for one not clear by itself, or with nothing of its own beside them."""
    share: float | None
    """Of the squared length of what tells the rows from the model's own answers, what lies along this vector, without
    the part that is noise. None where nothing tells them."""
    p_random: float
    """Share of random directions along which the rows lie as many deviations of the model's own answers away."""
    halves: tuple[float, float]
    """The mean in each half of the rows, drawn by the seed."""
    carried_by: int | None
    """The fewest units, the furthest first, without which nothing of the mean is left; None where it is not clear."""
    carried_if_alike: int | None
    """The same of as many units of one normal with this mean and spread: far fewer means that some hold more."""
    length: Estimate | None
    """Spearman's rho of a row's shift with the tokens of it that were read; None where one of them does not vary."""
    by_topic: tuple[Estimate | None, ...] = ()
    """The shift in each topic; None for fewer than two rows."""
    by_source: dict[str, Estimate] = Field(default_factory=dict)
    """The shift by where rows say that they come from, sources of two rows and more; empty where none says."""
    furthest: tuple[ScannedRow, ...]
    """Rows that lie furthest its way."""

    @property
    def is_alike(self) -> bool:
        """Whether both halves of the rows lie on one side."""
        return self.halves[0] * self.halves[1] > 0

    @property
    def is_within_luck(self) -> bool:
        """Whether random directions lie as far more often than may be called rare."""
        return self.p_random > CHANCE

    def is_clear(self, level: float) -> bool:
        """Whether it could be told by itself: the vector beats luck, and the shift is clear and more than luck has."""
        return self.is_above_chance and self.is_alike and self.p < level and not self.is_within_luck

    def is_shown(self, level: float) -> bool:
        """Whether it is told: clear by itself, and beside those told before it."""
        return self.is_clear(level) and self.p_beyond is not None and self.p_beyond < level


class LeftOver(Record):
    """What tells the rows from the model's own answers and is none of the traits."""

    n_directions: int
    """Directions that were taken out: one a trait."""
    share: float | None
    """Of the squared length of the mean difference, what is left, without the part that is noise; None where the rows
    are not told from the model's own answers at all."""
    share_by_luck: float | None
    """The same where as many random directions are taken out."""
    agreement: float
    """Cosine of what is left in the two halves."""
    p: float
    """How likely so long a mean is where rows and own answers change sides by luck."""
    by_topic: tuple[Estimate | None, ...] = ()
    """Score of the rows of each topic, in deviations of all rows' scores."""
    furthest: tuple[ScannedRow, ...]
    """Rows that lie furthest along what the other half has left over."""


class ScanReport(Record):
    """What rows would teach a model, as far as its activations tell; no model was trained."""

    schema_version: Literal[1] = 1
    model: str
    fingerprint: str
    corpus: str
    corpus_digest: str
    spec: ScanSpec
    n_rows: int
    """Rows of the file that can be used."""
    n_unused: int
    """Rows of the file that cannot."""
    n_asked: int
    """Rows that were to be read."""
    n_read: int
    n_units: int
    """Units that means are over: prompts, or different rows where there are few prompts."""
    blocks: tuple[int, ...]
    """0-based, after which activations were read."""
    traits: tuple[TraitShift, ...]
    """Those that are shown first, in the order in which they are told; then the others, the furthest first."""
    without: dict[str, str] = Field(default_factory=dict)
    """Traits that have no vector for this model, and why."""
    topics: tuple[Topic, ...]
    left_over: LeftOver
    verdict: str
    excluded: tuple[Exclusion, ...] = ()
    seed: str
    notices: tuple[str, ...] = ()
    provenance: Provenance | None = None

    @property
    def held(self) -> float | None:
        """Of what tells the rows from the model's own answers, the share that lies along the traits together."""
        return None if self.left_over.share is None else min(1.0, max(0.0, 1 - self.left_over.share))

    @property
    def is_of_traits(self) -> bool:
        """Whether enough of it does for a trait to be told."""
        return self.held is not None and self.held >= self.spec.least_held

    @property
    def clear(self) -> tuple[TraitShift, ...]:
        """The traits along which the rows lie off clearly, in the order in which they are told."""
        return tuple(trait for trait in self.traits if trait.is_shown(self.spec.level))

    @property
    def shown(self) -> tuple[TraitShift, ...]:
        """Those of them that are told."""
        return self.clear if self.is_of_traits else ()
