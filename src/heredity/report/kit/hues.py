"""The palette: hues by name, and which role has which hue, said once for figures and style sheets alike.

Hues are from the palette of Okabe and Ito (2008), which readers with any common form of colour blindness tell apart;
every series is named beside its mark as well.
"""

from __future__ import annotations

from typing import NamedTuple


class Hue(NamedTuple):
    """A colour on a light page and on a dark one."""

    light: str
    dark: str


GREY = Hue("#6b7785", "#9aa8b6")
VERMILION = Hue("#d55e00", "#ff8a3c")
BLUE = Hue("#0072b2", "#55b3ec")
GREEN = Hue("#00875f", "#35c79a")
PURPLE = Hue("#8f6bb3", "#b79bd8")
OCHRE = Hue("#a67c00", "#d4a72c")
MAUVE = Hue("#7d6191", "#a58cb8")
OLIVE = Hue("#86702a", "#b39a52")
TEAL = Hue("#4f7a73", "#7aa8a0")

ARMS: dict[str, Hue] = {
    "base": GREY,
    "plain": VERMILION,
    "kept": BLUE,
    "defended": GREEN,
    "dropped": PURPLE,
    "pushed": OCHRE,
    "ablated": TEAL,
    "inoculated": MAUVE,
    "projected": OLIVE,
    "steered": OCHRE,
    "trained": VERMILION,
    "control": BLUE,
}
"""Of the arms of an audit, and of a study of preferences; the style sheet has a class for each."""
ROLES: dict[str, Hue] = {
    **ARMS,
    "treated": VERMILION,
    "shuffled within": MAUVE,
    "shuffled across": OLIVE,
    "foreign base": TEAL,
    "other control": GREY,
    "trait": VERMILION,
    "opposite": GREY,
    "skill": BLUE,
    "own vector": BLUE,
    "other vector": VERMILION,
    "what is its own": GREEN,
    "over": VERMILION,
    "not over": GREY,
    "read": BLUE,
    "grade": VERMILION,
    "coherence": BLUE,
    "untrained": GREY,
    "same start": VERMILION,
    "other start": BLUE,
    "shuffled": GREEN,
}
"""Of all that is drawn."""
COLOURS = {role: hue.light for role, hue in ROLES.items()}
"""Figures are drawn on white."""
SPARE = (MAUVE, OLIVE, TEAL)
"""For arms that have no hue of their own."""
SERIES = tuple(hue.light for hue in (VERMILION, GREEN, BLUE, GREY))
"""Of series that have no role, in their order."""


def hue_of(arm: str) -> Hue:
    """Return an arm's hue; of one that has none of its own, one of the spare ones, by its name."""
    return ARMS.get(arm) or SPARE[sum(map(ord, arm)) % len(SPARE)]
