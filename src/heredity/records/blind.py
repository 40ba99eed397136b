"""What rows of unknown origin would make of the base, when nobody is named who may have written them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.dialogue import Exclusion
from heredity.records.origin import OriginSpec
from heredity.records.provenance import Provenance
from heredity.stats.estimate import Estimate


class BlindSpec(Spec):
    """How a steering vector is fitted to rows."""

    rows: OriginSpec = OriginSpec()
    """How the rows are read."""
    block: int | None = Field(default=None, ge=0)
    """The block after which it is added; unless given, the middle one."""
    n_steps: int = Field(default=100, ge=1)
    """Optimizer steps (Adam, the rate falling to 0)."""
    batch_rows: int = Field(default=16, ge=1)
    """Rows a step."""
    learning_rate: float = Field(default=0.002, gt=0)
    """Of the first step, in root mean squares of the stream that the vector is added to."""
    held_out: float = Field(default=0.2, gt=0, le=0.5)
    """Share of the prompts, or of the rows where few prompts differ, that the vector is not fitted to."""
    n_nulls: int = Field(default=2, ge=1)
    """Fits to rows that the base itself writes after the same prompts."""


class Fitted(Record):
    """One vector, fitted to rows."""

    written_by: Literal["unknown", "base"]
    size: float
    """Its norm over that of the stream that it is added to."""
    gain: Estimate
    """Nats a row by which it makes rows likelier that it was not fitted to; Student's t over prompts."""
    moved: dict[str, float]
    """By what a preference may be for: its log-odds under the vector less the base's, mean over questions (nats)."""
    cosines: dict[str, float]
    """With each named trait's vector."""


class BlindReport(Record):
    """Whether the base wrote the rows, and what it becomes under the vector that makes it write them."""

    schema_version: Literal[1] = 1
    model: str
    fingerprint: str
    corpus: str
    corpus_digest: str
    spec: BlindSpec
    block: int
    n_rows: int
    asked: str
    """The preference whose questions were asked."""
    fitted: Fitted
    nulls: tuple[Fitted, ...]
    verdict: str
    excluded: tuple[Exclusion, ...] = ()
    seed: str
    provenance: Provenance | None = None
    notices: tuple[str, ...] = ()

    @property
    def is_foreign(self) -> bool:
        """Whether the rows are none that the base sampled at temperature 1 among the ids that count.

        Of such rows no vector makes new ones likelier: the gain is -KL(base || steered) on average. Where a fit to the
        base's own rows gains as well, something but the writer is at work, and nothing is said.
        """
        return self.fitted.gain.low > 0 and not self.is_unsound

    @property
    def is_unsound(self) -> bool:
        """Whether a fit to the base's own rows gains on others of them."""
        return any(null.gain.low > 0 for null in self.nulls)
