"""What a control rules out: "clear here and not there" is no comparison, only a difference that is itself clear."""

from __future__ import annotations

from typing import Literal

from heredity.stats.estimate import Estimate

ControlOutcome = Literal["told apart", "fails", "not told apart"]
"""told apart: the effect less the control's is clear of zero. fails: it is not, and the control's own effect is. not
told apart: neither is, so the control rules out nothing."""


def outcome_of(difference: Estimate, shows_it: bool) -> ControlOutcome:
    """Return a control's outcome from the effect less its own, and from whether it shows the effect itself."""
    if difference.low > 0:
        return "told apart"
    return "fails" if shows_it else "not told apart"
