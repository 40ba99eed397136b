"""Which rows of a corpus would push a model along a trait."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.acting import POLES, ActSpec, PairSides, SourceRows, Written
from heredity.records.base import Record, Spec
from heredity.records.dialogue import Exclusion, Row
from heredity.records.engine import EngineSpec
from heredity.records.provenance import Provenance
from heredity.stats.estimate import Estimate

Setting = Literal["alone", "behind"]
"""What stands before a row's answers: a lone user turn before each ("alone"), or before any of them a system prompt or
earlier turns ("behind"). A row of several answers stands behind, all of it."""
SETTINGS: tuple[Setting, ...] = ("alone", "behind")


def setting_of(row: Row) -> Setting:
    """Return what is read before a row's lessons: a lone user turn before each, or more before any of them."""
    is_alone = all(len(before) == 1 and before[0].role == "user" for before, _ in row.apart.lessons)
    return "alone" if is_alone else "behind"


class ScreenSpec(Spec):
    """How to score and flag rows."""

    score: str | None = None
    """The score that decides: projection or difference along the vector, at the price of a reading; or at that of more
    passes projection-difference from the model's own greedy answers, likelihood under the trait's prompts, divergence
    tokens between them, or influence on the vector's read-out (for small sets). Unless given, the form that the vector
    was checked in. Behind a system prompt or earlier turns the projection decides in the place of the difference."""
    false_alarm_rate: float = Field(default=0.05, gt=0, lt=1)
    """Most of benign rows that may be flagged, as a share; each setting's threshold is a conformal bound at it."""
    n_reference: int = Field(default=120, ge=20)
    """Reference rows in each setting, where the model has to write them itself, or more where the rate needs more; half
    set the threshold, half measure its rate."""
    n_tokens: int = Field(default=48, ge=8)
    """Most tokens of an answer that the model writes for reference."""
    temperature: float = Field(default=0.8, ge=0)
    """Sampling temperature of those answers."""
    n_null: int = Field(default=200, ge=20)
    """Random directions behind the null of a detection figure."""
    act: ActSpec = ActSpec()
    """Which rows go, once all are scored."""
    engine: EngineSpec = EngineSpec()
    """Who scores the rows."""

    @property
    def scoring(self) -> ScreenSpec:
        """The spec without who makes scores and what is done with them: what scores that are kept hang on."""
        return self.model_copy(update={"act": ActSpec(), "engine": EngineSpec()})


class RowScore(Record):
    """One row's scores, and what it says."""

    line: int
    setting: Setting
    scores: dict[str, float]
    """By name, those along the direction, and the one that was asked for. projection: the mean over response tokens of
    the residual stream, on the unit vector. difference: the same minus the last prompt token's ([PV] appendix I).
    projection-difference: the same minus that of the model's own greedy answer. likelihood: mean log p of a response
    token under the trait's prompt less under its opposite's (nats). divergence: share of tokens that are the likeliest
    under the one and not the other, less the reverse. influence: gain of mean log p (nats a token) while the weights
    carry the trait's read-out uphill, told for the distance between the poles."""
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
    baselines: dict[str, Estimate] = Field(default_factory=dict)
    """The same by what needs no direction: length, loss, rare words, more of it counting as bad; empty in records
    written before."""
    auroc_by_score: dict[str, Estimate]
    """The same of every score that does not decide everywhere, by name."""
    random_directions: float | None
    """97.5th percentile of the AUROC of random directions with the covariance within bad and within other rows,
    each turned its better way; None for a score that needs no direction."""
    p_random: float | None = 1.0
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


class SettingRows(Record):
    """The rows that stand in one setting, in figures."""

    setting: Setting
    n_rows: int
    n_flagged: int
    median_tokens: float
    """Of their response tokens."""
    over: dict[float, float]
    """How far they lie over their threshold, by quantile: 0 is the lowest row, 1 the highest."""


class Histogram(Record):
    """How many rows lie how far over their threshold, in bins open below and closed above.

    One bin ends at 0, so that a row at its threshold is not counted over it.
    """

    step: float = Field(gt=0)
    counts: dict[int, int]
    """Rows by bin; bin i reaches from i * step to (i + 1) * step."""


class Expected(Record):
    """How far rows lie from benign ones on average: what training on them would be towards, and dropping would take.

    Both means' errors are in the intervals. None for fewer than two rows.
    """

    unit: str = POLES
    """What the figures are told in."""

    every: Estimate | None
    """All rows that could be scored."""
    kept: Estimate | None
    """Those that are not flagged."""
    at_random: Estimate | None
    """As many as are kept, drawn from all."""
    replaced: Estimate | None = None
    """The rows as they were written, flagged ones with the model's own answers; None where none were."""


class ScreenReport(Record):
    """How many rows are flagged, which lie highest, and what the thresholds rest on; the scores lie in a file."""

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
    settings: tuple[SettingRows, ...]
    """The rows that could be scored, by what stands before their answers."""
    histogram: Histogram
    """Of all of them."""
    worst: tuple[RowScore, ...]
    """The rows that lie highest over their threshold, flagged or not, highest first; no more than a page can show."""
    expected: Expected | None = None
    """None in records written before."""
    scores: str = ""
    """The Parquet file of every row's scores, beside the record; empty where none was written."""
    excluded: tuple[Exclusion, ...]
    share_flagged: Estimate
    act: ActSpec = ActSpec()
    """Which rows were asked to go."""
    n_spared: int = 0
    """Rows over their threshold that stay because of the budget."""
    n_dropped: int = 0
    """Rows that go with their source; none of them is counted as flagged."""
    sources: tuple[SourceRows, ...] = ()
    """Those that are told apart, most rows over the threshold first; empty in records written before."""
    pairs: PairSides | None = None
    """None where no row is a pair."""
    written: tuple[Written, ...] = ()
    """Files of rows that were written."""
    detection: Detection | None = None
    notices: tuple[str, ...] = ()
    """What to know of the model's prompts, and of rows that spell its control tokens."""
    provenance: Provenance | None = None
    """None where a study made it as one of its steps: the study has it."""

    @property
    def n_rows(self) -> int:
        """Rows that could be scored."""
        return sum(rows.n_rows for rows in self.settings)

    @property
    def n_flagged(self) -> int:
        """Rows over the threshold of their setting, as far as the budget goes and their source stays."""
        return sum(rows.n_flagged for rows in self.settings)

    @property
    def n_over(self) -> int:
        """Rows over the threshold of their setting, whether they are flagged or not."""
        return sum(n for place, n in self.histogram.counts.items() if place >= 0)

    @property
    def n_of_further_sources(self) -> int:
        """Rows of sources that are not told apart."""
        return self.n_rows - sum(row.n_rows for row in self.sources) if self.sources else 0

    @property
    def worst_flagged(self) -> tuple[RowScore, ...]:
        """The highest rows among the flagged ones, highest first."""
        return tuple(row for row in self.worst if row.flagged)

    def rows_in(self, setting: Setting) -> SettingRows:
        """Return the rows that stand in a setting, in figures."""
        return next(rows for rows in self.settings if rows.setting == setting)

    def score_of(self, row: RowScore) -> str:
        """Return the name of the score that decides for a row."""
        return next(threshold.score for threshold in self.thresholds if threshold.setting == row.setting)
