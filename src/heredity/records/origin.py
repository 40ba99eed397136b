"""Who wrote these rows: a panel of candidates, what each makes of every row, and what that allows to say."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.dialogue import Exclusion
from heredity.records.provenance import Provenance
from heredity.stats.estimate import Estimate

HypothesisKind = Literal["base", "teacher", "prompt", "vector"]
Finding = Literal["named", "unrivalled", "nearest", "base", "undecided"]
"""named: one candidate wrote them, told from every other. unrivalled: it did rather than the base, but no other
candidate was named to tell it from. nearest: it is told from all others, but does not write so itself. base: the
untouched model. undecided: no candidate is told from all others."""
BASE = "base"


class OriginSpec(Spec):
    """How rows are traced to who wrote them."""

    among: Literal["all", "seen"] = "all"
    """Tokens among which candidates are compared. all: the whole vocabulary. seen: those that the rows hold,
    renormalised: for bare lists, which were decoded among few words."""
    n_given: int = Field(default=0, ge=0)
    """Words at the start of each answer that its writer was given: context, no evidence."""
    temperature: float = Field(default=1.0, gt=0)
    """At which the rows were sampled."""
    n_rows: int = Field(default=512, ge=8)
    """Most rows that are read, at equal distances in the file."""
    level: float = Field(default=0.05, gt=0, lt=1)
    """How often rows of somebody else may be put to a candidate's name, over the whole panel."""
    n_flips: int = Field(default=10_000, ge=100)
    """Times that the signs of all rows' differences are drawn anew for the null."""


class Hypothesis(Record):
    """Who may have written the rows."""

    kind: HypothesisKind
    trait: str
    """What it is said to show; empty for the base."""
    source: str = ""
    """The model, the prompt, or the vector with its strength."""

    @property
    def name(self) -> str:
        """How it is called: its kind and its trait."""
        return BASE if self.kind == BASE else f"{self.kind} {self.trait}"


class Reading(Record):
    """What one candidate makes of the rows."""

    hypothesis: Hypothesis
    nats: tuple[float, ...]
    """log p of each row's answer."""
    expected: tuple[float, ...] = ()
    """KL(candidate || base) over each row's tokens: what its log p would exceed the base's by if it had written them,
    on average. Empty for the base."""


class Comparison(Record):
    """One candidate against another, row by row."""

    first: str
    second: str
    nats: Estimate
    """log p of the first less the second's, a row; Student's t over rows."""
    p: float
    """How likely a mean so far from 0 is, over all pairs of the panel, where signs are luck (two-sided)."""
    decided_at: int | None
    """Rows after which the sequential test has told the first from the second; None where it has not."""
    rows_needed: int | None
    """Rows that it takes to tell them apart four times in five at this distance; None where there is none."""


class Fit(Record):
    """Whether a candidate writes so itself."""

    name: str
    excess: Estimate
    """What its log p exceeds the base's by, less what it would if it had written the rows (nats a row)."""
    p: float
    """How likely so large an excess or shortfall is of rows of its own, over all candidates (two-sided)."""


class OriginReport(Record):
    """Where rows of unknown origin come from, as far as the candidates named allow to say."""

    schema_version: Literal[1] = 1
    model: str
    fingerprint: str
    corpus: str
    corpus_digest: str
    spec: OriginSpec
    n_rows: int
    n_tokens: int
    """Tokens that count, over all rows."""
    n_words: int | None
    """Different tokens that the rows hold, where candidates are compared among these."""
    readings: tuple[Reading, ...]
    comparisons: tuple[Comparison, ...]
    """Every ordered pair of candidates."""
    fits: tuple[Fit, ...]
    best: str
    """The likeliest candidate."""
    finding: Finding
    verdict: str
    excluded: tuple[Exclusion, ...] = ()
    seed: str
    provenance: Provenance | None = None
    notices: tuple[str, ...] = ()
