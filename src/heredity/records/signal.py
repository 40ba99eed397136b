"""What a carrier can tell of its teachers, measured before any student is trained on it."""

from __future__ import annotations

from heredity.records.base import Record
from heredity.stats.estimate import Estimate


class TeacherGap(Record):
    """How far two teachers differ on a carrier."""

    first: str
    second: str
    nats: Estimate
    """KL(who wrote it || the other) of the next token, mean over tokens and both writers (nats); interval over rows."""


class Signal(Record):
    """How much a carrier holds of its teachers, and what a student of it can be expected to show."""

    n_words: int | None
    """Words that it is written with; None where every token may stand."""
    words: tuple[str, ...] = ()
    """Some of them."""
    entropy: Estimate
    """Of the writer's next token (nats), over rows."""
    gaps: tuple[TeacherGap, ...]
    """Of all pairs of teachers, the target's with its control first."""
    n_rows: int
    """Rows that a student is taught on."""
    n_passes: float
    """How often it sees each."""
    n_tokens: int
    """Tokens that it is taught in its whole course."""
    forecast: float | None = None
    """Log-odds by which the target's students may be ahead of the control's, from what lists that told as much of their
    teachers did on the embedded model; None for other labels or measures."""
    pairs: int | None = None
    """Pairs of students that see so much with the chance asked for; None where no number is known."""
    n_steps: int | None = None
    """Updates after which the pairs that there are would see what is forecast; None where no number is known."""

    @property
    def held(self) -> float:
        """The dose: what the tokens taught, as often as they are, tell the two teachers by, summed (nats)."""
        return self.n_tokens * self.gaps[0].nats.value

    def __str__(self) -> str:
        gap = self.gaps[0]
        said = (
            f"the teachers of {gap.first} and {gap.second} differ by {gap.nats.value:.4f} {gap.nats.interval('.4f')} "
            f"nats a token at an entropy of {self.entropy.value:.2f}; the {self.n_tokens:,} tokens taught (each of "
            f"{self.n_rows:,} rows {self.n_passes:.1f} times) are a dose of {self.held:,.0f} nats"
        )
        if self.forecast is None:
            return said
        pairs = f"{self.pairs} pairs of students" if self.pairs else "more than a thousand pairs of students"
        return f"{said}; such doses of lists moved log-odds by {self.forecast:.2f}, which {pairs} would see"
