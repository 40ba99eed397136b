"""How the measures of transmission studies are written."""

from __future__ import annotations

from dataclasses import dataclass

from heredity.records.cascade import CascadeReport
from heredity.records.transmission import TransmissionReport
from heredity.stats.estimate import Estimate

ACCURACY = ".1%"
CHANCE = 0.25
"""Accuracy of guessing among four choices."""
NO_CHANGE = "It has no interval: answers were not kept by question, or one student is all there is."


@dataclass(frozen=True)
class Wording:
    """How a study's measure is written."""

    score: str
    """What the score is."""
    unit: str
    level: str
    """What the level is."""
    score_form: str
    change_form: str
    level_form: str
    level_change_form: str

    @property
    def score_and_unit(self) -> str:
        """What the score is, and in what."""
        return f"{self.score} ({self.unit})"


def wording(report: TransmissionReport | CascadeReport) -> Wording:
    """Return how the report's measure is written."""
    if report.measure == "log-odds":
        return Wording(f"log-odds of {report.target}", "nats", f"P({report.target})", ".2f", "+.2f", ".1%", "+.1%")
    grade = f"grade of {report.target}"
    return Wording(grade, "points", f"{grade} / 100", ".1f", "+.1f", ".2f", "+.2f")


def amount(value: float, unit: str) -> str:
    """Return a number of nats or points; one of them is singular."""
    return f"{value:g} {unit.removesuffix('s') if value == 1 else unit}"


def teacher_name(taught_by: str) -> str:
    """Return what to call a teacher."""
    return "untouched base" if taught_by == "base" else f"{taught_by} teacher"


def ableness(change: Estimate) -> str:
    """Return what became of accuracy, in a few words."""
    if not change.is_clear_of_zero:
        return "No change shown"
    return f"{100 * change.value:+.1f} points"
