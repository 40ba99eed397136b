"""Several claims made at once: p-values that allow for how many there are."""

from __future__ import annotations

from collections.abc import Sequence

ALPHA = 0.05
"""How often any claim of a family may be false."""


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return Holm's (1979) adjusted p-values, in the order given: those below alpha are claimed together at alpha."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, floor = [1.0] * len(p_values), 0.0
    for place, i in enumerate(order):
        floor = max(floor, min(1.0, (len(p_values) - place) * p_values[i]))
        adjusted[i] = floor
    return tuple(adjusted)
