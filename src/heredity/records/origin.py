"""Who wrote these rows: a panel of candidates, what each makes of every row, and what that allows to say."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.dialogue import Exclusion
from heredity.records.provenance import Provenance
from heredity.stats.estimate import Estimate

HypothesisKind = Literal["base", "teacher", "prompt", "vector"]
Finding = Literal["named", "trait", "unrivalled", "nearest", "base", "undecided"]
"""named: one candidate wrote them, told from every other. trait: several candidates of one trait did, told from all
others and not from each other. unrivalled: a candidate did rather than the base, but no other of its kind was named to
tell its trait by. nearest: one is told from all others, but the rows are not as its own would be. base: the untouched
model. undecided: no candidate is told from all others."""
BASE = "base"


class OriginSpec(Spec):
    """How rows are traced to who wrote them."""

    alphabet: str = ""
    """What the rows were decoded among: number-words, words or digits, as carriers are, or a file of words, one a line.
    Unless given, every token but those that end an answer."""
    n_given: int = Field(default=0, ge=0)
    """Words at the start of each answer that its writer was given: context, no evidence."""
    temperature: float = Field(default=1.0, gt=0)
    """At which the rows were sampled."""
    n_rows: int = Field(default=512, ge=8)
    """Most rows that are read, at equal distances in the file."""
    level: float = Field(default=0.05, gt=0, lt=1)
    """How often, over the whole panel, one candidate may be told from another by luck, and how often rows may be called
    unlike those of the candidate that did write them."""
    n_flips: int = Field(default=10_000, ge=100)
    """Times that signs of differences are drawn anew for the nulls."""


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
    """What one candidate makes of the rows, each figure a row."""

    hypothesis: Hypothesis
    nats: tuple[float, ...]
    """log p of the answer."""
    entropy: tuple[float, ...]
    """Entropy of the candidate's next token, summed over the answer: what -log p is of its own rows, on average."""
    over_base: tuple[float, ...] = ()
    """KL(candidate || base), summed: what its log p exceeds the base's by of its own rows. Empty for the base."""
    under_base: tuple[float, ...] = ()
    """KL(base || candidate), summed: the same of the base's log p on the base's own rows. Empty for the base."""
    words: tuple[str, ...] = ()
    """The tokens that it expects most."""
    residuals: tuple[tuple[float, ...], ...] = ()
    """Of each row and each of these tokens, how often it stands there less how often it was expected to."""


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
    """Whether rows are as a candidate's own would be."""

    name: str
    excess: Estimate
    """What its log p exceeds its own entropy by, with the sign turned: more than 0 is likelier than its own rows are
    (nats a row)."""
    p: float
    """How likely rows of its own are so far from it: in log p, in the log ratio to the base, and in how often its
    commonest tokens stand there."""
    word: str = ""
    """The token that stands there most unlike what it expects."""
    word_excess: float = 0.0
    """How often it does, a row, more than expected."""


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
    """Tokens of the alphabet; None where every token may stand."""
    prompts: tuple[int, ...]
    """Which prompt each row answers, numbered: answers to one prompt are no independent evidence."""
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

    @property
    def ahead(self) -> tuple[Comparison, ...]:
        """The likeliest candidate against every other, the nearest first."""
        own = (one for one in self.comparisons if one.first == self.best)
        return tuple(sorted(own, key=lambda one: one.nats.value))
