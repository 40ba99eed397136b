"""Questions that a page answers at its head, and the figures behind an answer."""

from __future__ import annotations

from dataclasses import dataclass

from heredity.stats.estimate import Estimate

POINTS, CHANGE, NATS, NATS_CHANGE, SHARE, SHARE_CHANGE = ".1f", "+.1f", ".3f", "+.3f", ".0%", "+.1%"
"""Format specs of the measures: 0-100 grades, log p, and shares, each as a level and as a change."""


@dataclass(frozen=True)
class KeyFigure:
    """A number and what it is."""

    label: str
    estimate: Estimate
    form: str


@dataclass(frozen=True)
class Reply:
    """A question, its answer in a few words, why, and the figures behind it."""

    question: str
    answer: str
    reason: str
    figures: tuple[KeyFigure, ...]
