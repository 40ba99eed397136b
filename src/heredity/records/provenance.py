"""How a result came about: the same for every record that a study writes."""

from __future__ import annotations

from heredity.records.base import Record


class Stage(Record):
    """One step of a study, made now or found kept."""

    name: str
    cached: bool
    seconds: float
    """What it cost when it was made."""
    n_tokens: int | None = None
    """Tokens that the model read and wrote for it; None where that was not counted."""


class Environment(Record):
    """What a run rests on."""

    versions: dict[str, str]
    device: str
    dtype: str
    n_threads: int
    platform: str


class Provenance(Record):
    """Which package and model made a result, where, when, by which steps, and at what cost."""

    heredity: str
    """The package's version."""
    model: str
    """Empty where no language model took part."""
    fingerprint: str
    environment: Environment
    sampling: dict[str, str | int]
    """How answers were drawn beyond what a study's own spec says."""
    stages: tuple[Stage, ...]
    created: str
    """UTC time, ISO 8601."""
    seconds: float
    """Of this run; steps that were found kept cost theirs before."""

    @property
    def n_tokens(self) -> int:
        """Tokens read and written over all steps, those found kept among them."""
        return sum(stage.n_tokens or 0 for stage in self.stages)
