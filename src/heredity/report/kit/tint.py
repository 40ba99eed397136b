"""The colours of heat: blue for low, the page's own colour for nothing, orange for high.

Blue and orange are told apart with any common form of colour blindness, and every tint leaves the text on it readable
(WCAG contrast of 4.5 or more), on a light page and on a dark one.
"""

from __future__ import annotations

from typing import Final

N_LEVELS: Final = 21
"""Odd, so that one level is nothing."""
NOTHING: Final = N_LEVELS // 2

Colour = tuple[int, int, int]


def level(share: float) -> int:
    """Return the level, 0 to N_LEVELS - 1, of a value from -1 to 1; values beyond count as the ends."""
    return round(NOTHING * (1 + max(-1.0, min(1.0, share))))


def _scale(low: Colour, middle: Colour, high: Colour) -> tuple[str, ...]:
    """Return the tints from low to high, evenly spaced on either side of the middle."""
    below = [_mixed(middle, low, 1 - step / NOTHING) for step in range(NOTHING)]
    above = [_mixed(middle, high, (step + 1) / NOTHING) for step in range(NOTHING)]
    return (*below, _mixed(middle, middle, 0), *above)


def _mixed(start: Colour, end: Colour, share: float) -> str:
    mixed = (round(a + (b - a) * share) for a, b in zip(start, end, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


LIGHT: Final = _scale((86, 160, 220), (255, 255, 255), (243, 140, 52))
DARK: Final = _scale((30, 104, 165), (20, 25, 31), (158, 74, 4))
