"""What a monitor read, token by token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.dialogue import Exclusion
from heredity.records.provenance import Provenance
from heredity.records.reading import Form
from heredity.stats.arrays import Singles
from heredity.stats.estimate import Estimate


class MonitorSpec(Spec):
    """How to calibrate probes and when to sound an alarm."""

    form: Form = "projection"
    """The score of a token: its projection, or that minus the last prompt token's, which already carries what a system
    prompt asks for: the difference takes that out, and turned the order of system prompts round when it was tried."""
    false_alarm_rate: float = Field(default=0.05, gt=0, lt=1)
    """Most of benign conversations, however long, in which an alarm may sound, as a share; half of it is spent in the
    first stretch, as many tokens as benign speech was heard for."""
    window: int = Field(default=16, ge=1)
    """Tokens that an alarm averages over."""
    min_tokens: int = Field(default=8, ge=1)
    """Tokens of an answer to be read before an alarm may sound."""
    n_benign: int = Field(default=200, ge=40)
    """Benign answers, where the model has to give them itself, or more where the rate needs more; half calibrate,
    half are held out."""
    share_long: float = Field(default=0.75, gt=0, le=1)
    """Share of benign conversations that are at least as long as the first stretch; it is the longest such."""
    n_tokens: int = Field(default=48, ge=8)
    """Most tokens of such an answer."""
    temperature: float = Field(default=0.8, ge=0)
    """Sampling temperature of such answers."""
    with_judge: bool = True
    """Whether the answers are graded too, to say how far probe and judge agree."""


class Probe(Record):
    """One trait read at one block, calibrated to benign speech.

    A token's score is h_t . v / ||v||, less that of the last prompt token where the form is the difference. Its z is
    (score - mean) / deviation.
    """

    trait: str
    vector_id: str
    block: int
    """0-based decoder block."""
    form: Form
    mean: float
    """Of the scores of benign tokens."""
    deviation: float = Field(gt=0)
    """Standard deviation of the scores of benign tokens."""
    token_percentiles: tuple[float, ...]
    """z of benign tokens at percentiles 0 to 100."""
    answer_percentiles: tuple[float, ...]
    """Mean z of benign answers at percentiles 0 to 100."""
    threshold: float
    """In the first stretch an alarm sounds when the mean z of the last `window` tokens of an answer exceeds this."""
    stretch: int = Field(ge=1)
    """Tokens of a conversation's answers over which benign speech was heard, and the alarm's rate is measured."""
    rise: float = Field(ge=0)
    """Scale of the upper tail of benign levels, in z: in the k-th stretch the threshold lies rise * ln(k (k + 1) / 2)
    higher, which spends 1 / (k (k + 1)) of the rate asked for, and never more than all of it in any number of
    stretches, as long as benign speech stays as it begins and its tail is no heavier than exponential."""
    false_alarm_rate: float
    """Asked for: the most of benign conversations, however long, that an alarm may sound in; half of it in the first
    stretch."""
    measured_rate: Estimate
    """Share of held-out benign conversations, which the threshold has not seen, with an alarm in the first stretch;
    those that are shorter are counted as unscored."""
    window: int
    min_tokens: int
    """Tokens of an answer that must be read before an alarm may sound."""
    n_benign: int
    """Conversations that mean, deviation and percentiles rest on."""
    n_long: int
    """Those of them that are as long as the stretch; the threshold rests on these."""
    n_behind: int = 0
    """Benign conversations, of all, with a system prompt or several turns: what stands before an answer moves its
    reading, so that the rate holds for conversations that stand as these do."""
    reference: str
    """What benign speech was, for people."""

    def share_below(self, z: float) -> float:
        """Return the share of benign tokens (0-100) below a z, between percentiles by interpolation."""
        return float(np.interp(z, self.token_percentiles, np.linspace(0, 100, len(self.token_percentiles))))

    def answer_at(self, percent: float) -> float:
        """Return the mean z that a share of benign answers (0-100) stays below."""
        return float(np.interp(percent, np.linspace(0, 100, len(self.answer_percentiles)), self.answer_percentiles))


class Peak(Record):
    """Where an answer stands highest against an alarm's threshold."""

    z: float
    """The running mean there."""
    over: float
    """By how much it exceeds the threshold."""


class TurnMean(Record):
    """One turn's mean z over conversations."""

    value: float
    interval: Estimate | None
    """Student's t over conversations; None for one."""


class TurnReading(Record):
    """One assistant turn under every probe."""

    asked: str
    """What the user said before it."""
    n_before: int = 0
    """Tokens of the conversation's earlier answers."""
    tokens: tuple[str, ...]
    """Text of each token read; joined, the answer."""
    z: tuple[tuple[float, ...], ...]
    """`[probes][tokens]`."""
    mean_z: tuple[float, ...]
    """`[probes]`."""
    percentile: tuple[float, ...]
    """`[probes]`: share of benign answers (0-100) with a lower mean z."""
    alarm_at: tuple[int | None, ...]
    """`[probes]`: token (0-based) at which the alarm first sounded; None where it did not."""
    peaks: tuple[Peak | None, ...]
    """`[probes]`: None where the answer is too short for an alarm."""


class ConversationReading(Record):
    """One conversation, turn by turn."""

    line: int
    condition: str
    """The system prompt it was held under; empty for none."""
    turns: tuple[TurnReading, ...]

    @property
    def n_tokens(self) -> int:
        """Tokens of all its answers."""
        return sum(len(turn.tokens) for turn in self.turns)

    @property
    def is_behind(self) -> bool:
        """Whether more than a user's one turn stands before any of its answers."""
        return bool(self.condition) or len(self.turns) > 1

    def alarm_at(self, place: int) -> int | None:
        """Return the token of the conversation (0-based) at which one probe's alarm first sounded, or None."""
        rang = ((turn.n_before, turn.alarm_at[place]) for turn in self.turns)
        return next((before + at for before, at in rang if at is not None), None)

    def peak(self, place: int) -> Peak | None:
        """Return where the conversation stands highest under one probe; None where no alarm could sound."""
        found = [turn.peaks[place] for turn in self.turns]
        return max((peak for peak in found if peak is not None), key=lambda peak: peak.over, default=None)


class Correlation(Record):
    """How one probe's mean z and the judge's grade of the same answers go together (Pearson's r).

    Most of a pooled correlation lies between system prompts ([PV] section 3.3); what a monitor adds is the rest.
    """

    trait: str
    block: int
    judge: str
    pooled: Estimate
    """Its interval resamples opening questions; answers without a grade are counted as unscored."""
    within: Estimate | None
    """Both taken as deviations from their system prompt's means; None where fewer than 8 answers, or answers to fewer
    than 5 opening questions, share their prompt with another."""
    between: Estimate | None
    """Over the means of system prompts; None for fewer than four prompts."""


class CleanShift(Record):
    """The shifts of clean fine-tunes by a student's recipe after as many steps, and how far beyond them it went.

    Two clean fine-tunes that differ in nothing but their seed are told apart by probes of their activations: a shift
    alone shows only that a model was trained.
    """

    shifts: tuple[float, ...]
    """One a clean fine-tune."""
    mean: float
    deviation: float | None
    """Standard deviation between clean fine-tunes; None for a single one."""
    beyond: Estimate | None
    """The student's shift less their mean. Its interval is clear of zero where a further clean fine-tune would come as
    far in 5 of 100 cases at most; None for a single one, which shows no spread."""

    @property
    def in_deviations(self) -> float | None:
        """How many deviations of clean fine-tunes the student lies beyond their mean; None where they have none."""
        return self.beyond.value / self.deviation if self.beyond and self.deviation else None


class ShiftPoint(Record):
    """How far one fine-tuned model, or one stage of it, has moved along a vector.

    The null of random directions is easy: they span only the covariance of the prompts' activations, and an offset that
    training gives to all prompts alike may lie outside it. That a shift exceeds it does not show that it is of the
    trait; that it exceeds those along other traits' vectors shows more.
    """

    name: str
    """The student's folder, with as many of those above it as tell students apart."""
    step: int
    """Optimizer steps it was trained for."""
    shift: Estimate
    """Mean over prompts of (fine-tuned - base) at the last prompt token, projected on v / ||v|| ([PV] section 4)."""
    random_directions: float
    """97.5th percentile of |shift| along random directions of the covariance of the prompts' activations."""
    other_vectors: dict[str, float] = Field(default_factory=dict)
    """By trait: the same model's shift at the same block along the unit vectors of the other traits given."""
    clean: CleanShift | None = None
    """What clean training does; None where none was given, or none was saved after as many steps."""


class ShiftReport(Record):
    """The finetuning shift along one vector, stage by stage."""

    schema_version: Literal[1] = 1
    model: str
    trait: str
    vector_id: str
    block: int
    points: tuple[ShiftPoint, ...]
    clean: tuple[str, ...] = ()
    """The clean fine-tunes that students were held against."""
    n_prompts: int
    n_null: int
    seed: str
    provenance: Provenance | None = None
    """None where a study made it as one of its steps: the study has it."""


class MonitorReport(Record):
    """What the monitor read off finished conversations."""

    schema_version: Literal[1] = 1
    model: str
    fingerprint: str
    source: str
    source_digest: str
    probes: tuple[Probe, ...]
    conversations: tuple[ConversationReading, ...]
    excluded: tuple[Exclusion, ...] = ()
    share_alarmed: tuple[Estimate, ...]
    """`[probes]`: share of conversations with an alarm anywhere in them."""
    share_in_stretch: tuple[Estimate, ...]
    """`[probes]`: share with an alarm in the first stretch, the figure to hold against the probe's measured rate."""
    n_beyond: tuple[int, ...]
    """`[probes]`: conversations longer than the stretch; what follows it no benign speech was measured over."""
    drift: tuple[Estimate | None, ...]
    """`[probes]`: change of mean z a turn, over conversations of several turns; None where there are fewer than 2."""
    turn_means: tuple[tuple[TurnMean, ...], ...]
    """`[probes][turns]`: mean z by turn, over conversations of several turns; empty where there is none."""
    correlations: tuple[Correlation, ...] = ()
    seed: str
    notices: tuple[str, ...] = ()
    """What to know of the model's prompts, and of conversations that spell its control tokens."""
    provenance: Provenance | None = None
    """None where a study made it as one of its steps: the study has it."""


@dataclass(frozen=True)
class Panel:
    """Probes with the unit directions (`[probes, width]`, float32) that they read."""

    probes: tuple[Probe, ...]
    units: Singles
