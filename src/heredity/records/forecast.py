"""What rows would teach, foretold without training: their mean difference pushes the model while it answers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.dialogue import Exclusion
from heredity.records.evaluation import Scores
from heredity.records.provenance import Provenance
from heredity.records.scan import MOST_READ
from heredity.stats.estimate import Estimate

Expectation = Literal["more", "less", "no change", "no difference", "undecided"]
"""What is foretold of the trait: a rise, a fall, neither; that the rows are like the model's own answers, so that their
mean is luck; or that any push as long does as much."""
LEVEL = 0.05
"""How often a mean of rows that are like the model's own answers may be taken for a difference."""


class ForecastSpec(Spec):
    """How rows are set beside what the model itself would say, and how it is pushed by the difference."""

    n_rows: int = Field(default=128, ge=16, le=MOST_READ)
    """Most rows that are read, drawn from all of the file; the model answers the prompt of each of them."""
    n_tokens: int = Field(default=48, ge=8)
    """Tokens of each answer that are read, the rows' and the model's own alike; most tokens of an answer."""
    temperature: float = Field(default=0.8, ge=0)
    """At which all answers are sampled."""
    block: int | None = Field(default=None, ge=0)
    """0-based, after which rows are read and the model is pushed; unless given, the middle one."""
    strength: float = Field(default=2.0, gt=0)
    """Multiple of the rows' mean difference that is added at every token."""
    n_samples: int = Field(default=3, ge=1)
    """Answers to each of the trait's evaluation questions, of every push."""
    n_controls: int = Field(default=5, ge=2)
    """Random directions of the same length that the model is pushed along as well; they vary as the rows do about their
    mean, at right angles to it."""


class Reaction(Record):
    """What the model answers without a push, and pushed by the rows."""

    question: str
    without: str
    pushed: str


class ForecastReport(Record):
    """What the model shows of a trait while it is pushed by what tells rows from its own answers; no training."""

    schema_version: Literal[1] = 1
    model: str
    fingerprint: str
    corpus: str
    corpus_digest: str
    trait: str
    spec: ForecastSpec
    n_rows: int
    """Rows of the file that can be used."""
    n_read: int
    block: int
    """0-based."""
    length: float
    """Of the mean over rows of the row's activations less those of the model's own answer."""
    stream: float
    """Of the mean activations of the model's own answers there, to compare it with."""
    p_length: float
    """How likely so long a mean is where rows and own answers change sides by luck."""
    level: Estimate
    """The trait without a push, 0-100: by a push of strength 0, on the same path."""
    change: Estimate
    """Pushed by the rows less that, paired by question."""
    controls: tuple[Estimate, ...]
    """The same pushed along each random direction."""
    p_random: float
    """Share of pushes, the rows' and the random ones, that change the trait as much: no less than 1 / (1 + n)."""
    beyond: Estimate
    """Pushed by the rows less the mean of those, paired by question."""
    n_unscored: tuple[int, ...]
    """Answers that could not be graded: without a push, pushed by the rows, and along each random direction."""
    scores: Scores
    """By question, pushed by the rows."""
    level_scores: Scores
    """By question, without a push."""
    reactions: tuple[Reaction, ...] = ()
    """To the questions at which the grade changes most; empty for a preference, which is read off, not sampled."""
    verdict: str
    excluded: tuple[Exclusion, ...] = ()
    seed: str
    notices: tuple[str, ...] = ()
    provenance: Provenance | None = None

    @property
    def expectation(self) -> Expectation:
        """What is foretold: of rows that differ, a change that is clear of zero and more than any random push makes.

        And clear of their mean: an interval over questions says nothing of how random directions vary.
        """
        if self.p_length >= LEVEL:
            return "no difference"
        if not self.change.is_clear_of_zero:
            return "no change"
        is_most = all(abs(one.value) < abs(self.change.value) for one in self.controls)
        if not is_most or not self.beyond.is_clear_of_zero or self.beyond.value * self.change.value < 0:
            return "undecided"
        return "more" if self.change.value > 0 else "less"
