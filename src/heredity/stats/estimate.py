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
        return f"{self:.2f}"

    def __format__(self, form: str) -> str:
        """Return the number, its interval and what it rests on; `form` is a number's (.2f), and after a blank its unit.

        `f"{rise:+.1f points}"` gives `+7.0 points [+1.2, +12.8] (n=20)`.
        """
        form, _, unit = (form or ".2f").partition(" ")
        left_out = f", unscored={self.unscored}" if self.unscored else ""
        value = f"{self.value:{form}} {unit}".rstrip()
        return f"{value} {self.interval(form)} (n={self.n}{left_out})"

    def interval(self, form: str) -> str:
        """Return the interval alone, in a number's form."""
        return f"[{self.low:{form}}, {self.high:{form}}]"

    @property
    def in_points(self) -> str:
        """The number and its interval as signed points of 100."""
        return f"{100 * self.value:+.0f} [{100 * self.low:+.0f}, {100 * self.high:+.0f}]"

    @property
    def is_clear_of_zero(self) -> bool:
        """Whether the whole interval lies on one side of zero."""
        return self.low > 0 or self.high < 0
