"""Which rows of a corpus would push a model along a trait."""

from __future__ import annotations

import statistics
from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.dialogue import Exclusion
from heredity.records.provenance import Provenance
from heredity.stats.estimate import Estimate

Setting = Literal["alone", "behind"]
"""What stands before a row's answers: a lone user turn before each ("alone"), or before any of them a system prompt or
earlier turns ("behind"). A row of several answers stands behind, all of it."""
SETTINGS: tuple[Setting, ...] = ("alone", "behind")


class ScreenSpec(Spec):
    """How to score and flag rows."""

    score: str | None = None
    """The score that decides, a name in the table of scores; None takes the form that the vector was checked in. Behind
    a system prompt or earlier turns the projection decides in the place of the difference."""
    false_alarm_rate: float = Field(default=0.05, gt=0, lt=1)
    """The most of benign rows that may be flagged; each setting's threshold is a conformal bound at this rate."""
    n_reference: int = Field(default=120, ge=20)
    """Reference rows in each setting, where the model has to write them itself, or more where the rate needs more; half
    set the threshold, half measure its rate."""
    n_tokens: int = Field(default=48, ge=8)
    """Most tokens of an answer that the model writes for reference."""
    temperature: float = Field(default=0.8, ge=0)
    """Sampling temperature of those answers."""
    n_null: int = Field(default=200, ge=20)
    """Random directions behind the null of a detection figure."""


class RowScore(Record):
    """One row's scores."""

    line: int
    setting: Setting
    scores: dict[str, float]
    """By name, all that the table of scores has. projection: the mean over response tokens of the residual stream, on
    the unit vector. difference: the same minus the last prompt token's ([PV] appendix I)."""
    over: float
    """The score that decides in the row's setting, less the threshold there, in deviations of the benign rows there."""
    flagged: bool
    n_tokens: int
    """Response tokens."""
    prompt: str
    response: str


class Detection(Record):
    """How well the scores find rows that are known to be bad (only where labels were given)."""

    n_bad: int
    auroc: Estimate
    """Of what decides: how far rows lie over the threshold of their setting."""
    auroc_by_score: dict[str, Estimate]
    """The same of every score that does not decide everywhere, by name."""
    random_directions: float
    """97.5th percentile of the AUROC of random directions with the covariance within bad and within other rows,
    each turned its better way."""
    p_random: float = 1.0
    """Share of random directions that set bad and other rows as many deviations apart ((1 + k) / (1 + n))."""
    n_null: int
    recall: Estimate
    """Share of the bad rows that were flagged."""
    precision: Estimate | None
    """Share of the flagged rows that are bad; None when none was flagged."""


class Threshold(Record):
    """What is high in one setting, and what that rests on."""

    setting: Setting
    score: str
    """The score that decides there: the one asked for where a lone user turn stands before the answers, the projection
    behind a system prompt or earlier turns, where the difference is upside down."""
    value: float
    """A further benign row exceeds it with the probability asked for at the most (split conformal bound)."""
    deviation: float = Field(gt=0)
    """Standard deviation of `scores`."""
    scores: tuple[float, ...]
    """Of the benign rows that set the threshold."""
    held_out_scores: tuple[float, ...]
    """Of benign rows that set nothing."""
    measured_rate: Estimate
    """Share of those that are over the threshold."""
    median_tokens: float
    """Of all these benign rows' answers; the rate holds for rows of about this length."""
    reference: str
    """Where the benign rows come from, and how many could be read."""

    def over(self, score: float) -> float:
        """Return how far a score lies over the threshold, in deviations."""
        return (score - self.value) / self.deviation


class ScreenReport(Record):
    """Scores and flags of every row, and what the thresholds rest on."""

    schema_version: Literal[1] = 1
    corpus: str
    corpus_digest: str
    trait: str
    vector_id: str
    block: int
    score: str
    """The score asked for; it decides where a lone user turn stands before the answers."""
    thresholds: tuple[Threshold, ...]
    """One for each setting that rows stand in."""
    false_alarm_rate: float
    """The rate asked for: the most of benign rows that a threshold may flag."""
    rows: tuple[RowScore, ...]
    excluded: tuple[Exclusion, ...]
    share_flagged: Estimate
    detection: Detection | None = None
    notices: tuple[str, ...] = ()
    """What to know of the model's prompts, and of rows that spell its control tokens."""
    provenance: Provenance | None = None
    """None where a study made it as one of its steps: the study has it."""

    @property
    def n_flagged(self) -> int:
        """Rows over the threshold of their setting."""
        return sum(row.flagged for row in self.rows)

    @property
    def kept_lines(self) -> set[int]:
        """Lines of the rows that stay: scored and not flagged."""
        return {row.line for row in self.rows if not row.flagged}

    def rows_in(self, setting: Setting) -> tuple[RowScore, ...]:
        """Return the rows that stand in a setting."""
        return tuple(row for row in self.rows if row.setting == setting)

    def median_tokens(self, setting: Setting) -> float:
        """Return the median length of the answers of the rows that stand in a setting."""
        return statistics.median(row.n_tokens for row in self.rows_in(setting))

    def score_of(self, row: RowScore) -> str:
        """Return the name of the score that decides for a row."""
        return next(one.score for one in self.thresholds if one.setting == row.setting)
