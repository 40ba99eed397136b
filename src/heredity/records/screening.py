"""Which rows of a corpus would push a model along a trait."""

from __future__ import annotations

from typing import Literal

from heredity.records.base import SCHEMA_VERSION, Record
from heredity.records.dialogue import Exclusion
from heredity.records.reading import Form
from heredity.stats.estimate import Estimate


class RowScore(Record):
    """One row's scores."""

    line: int
    projection: float
    """Mean over response tokens of the residual stream, projected on the unit vector."""
    difference: float
    """The same minus the last prompt token's projection ([PV] appendix I)."""
    flagged: bool
    n_tokens: int
    """Response tokens."""
    prompt: str
    response: str


class Detection(Record):
    """How well the scores find rows that are known to be bad (only where labels were given)."""

    n_bad: int
    auroc: Estimate
    auroc_other_form: Estimate
    """The same for the form of score that did not decide."""
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


class ScreenReport(Record):
    """Scores and flags of every row, and what the threshold rests on."""

    schema_version: Literal[1] = SCHEMA_VERSION
    corpus: str
    corpus_digest: str
    trait: str
    vector_id: str
    block: int
    form: Form
    """The score that decides."""
    threshold: float
    false_alarm_rate: float
    """The rate asked for; the threshold is that quantile of the reference rows."""
    reference: str
    """Where the benign reference rows come from."""
    reference_scores: tuple[float, ...]
    rows: tuple[RowScore, ...]
    excluded: tuple[Exclusion, ...]
    share_flagged: Estimate
    detection: Detection | None = None

    @property
    def n_flagged(self) -> int:
        """Rows over the threshold."""
        return sum(row.flagged for row in self.rows)

    @property
    def kept_lines(self) -> set[int]:
        """Lines of the rows that stay: scored and not flagged."""
        return {row.line for row in self.rows if not row.flagged}

    def score_of(self, row: RowScore) -> float:
        """Return the score that decides."""
        return row.projection if self.form == "projection" else row.difference
