"""A number together with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A measured number with its interval, the count behind it, and how the interval was made."""

    value: float
    low: float
    high: float
    n: int
    """Units the interval is over (clusters, where the method clusters)."""
    unscored: int = 0
    """Cases that could not be scored and are not in `n`."""
    method: str = ""
    level: float = 0.95

    def __str__(self) -> str:
        left_out = f", unscored={self.unscored}" if self.unscored else ""
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}] (n={self.n}{left_out})"

    @property
    def in_points(self) -> str:
        """The number and its interval as signed points of 100."""
        return f"{100 * self.value:+.0f} [{100 * self.low:+.0f}, {100 * self.high:+.0f}]"

    @property
    def is_clear_of_zero(self) -> bool:
        """Whether the whole interval lies on one side of zero."""
        return self.low > 0 or self.high < 0
