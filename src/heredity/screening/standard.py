"""What is high among benign rows: a standard for each setting, since what stands before an answer moves its reading."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import InputError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import Progress
from heredity.models.model import Model
from heredity.records.dialogue import Corpus, Row
from heredity.records.screening import ScreenSpec, Setting, Threshold, setting_of
from heredity.records.vector import TraitVector
from heredity.screening.readings import RowReadings, chosen, fitting
from heredity.screening.reference import own_answers, rows_needed
from heredity.screening.scores.table import LESS_THE_PROMPT, read_scored, scored
from heredity.stats.arrays import Floats
from heredity.stats.conformal import cases_needed, conformal_threshold
from heredity.stats.intervals import wilson


def score_in(setting: Setting, asked: str) -> str:
    """Return the score that is read in a setting.

    Behind a system prompt, or earlier turns, the last prompt token already carries what they ask for, more of it than
    the answer does: taking it away turns the order of rows round. The projection is read there.
    """
    return "projection" if setting == "behind" and asked in LESS_THE_PROMPT else asked


@dataclass(frozen=True)
class Standard:
    """Benign rows of one setting: those that set the threshold, and those that set nothing and measure its rate."""

    setting: Setting
    score: str
    """A name in the table of scores."""
    setting_it: RowReadings
    measuring: RowReadings
    source: str
    """Where the rows come from, for people."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """All of the benign rows."""
        return (*self.setting_it.rows, *self.measuring.rows)

    def over(self, readings: RowReadings, units: NDArray[np.floating], rate: float, score: str | None = None) -> Floats:
        """Return how far rows lie over the threshold along each direction, in benign deviations: `[rows, directions]`.

        `units` is `[width, directions]`; each direction has a threshold and a deviation of its own.
        """
        score = score or self.score
        benign = scored(self.setting_it, score, units)
        bars = np.array([conformal_threshold(column, rate) for column in benign.T])
        spread = benign.std(axis=0)
        return np.asarray((scored(readings, score, units) - bars) / np.where(spread > 0, spread, 1.0))

    def threshold(self, unit: NDArray[np.floating], rate: float) -> Threshold:
        """Return the record of the threshold along a unit direction (`[width]`), with the rate that was measured."""
        scores, held_out = scored(self.setting_it, self.score, unit), scored(self.measuring, self.score, unit)
        value = conformal_threshold(scores, rate)
        n_tokens = np.concatenate([self.setting_it.n_tokens, self.measuring.n_tokens])
        return Threshold(
            setting=self.setting,
            score=self.score,
            value=value,
            deviation=float(scores.std()) or 1.0,
            scores=tuple(float(score) for score in scores),
            held_out_scores=tuple(float(score) for score in held_out),
            measured_rate=wilson(int((held_out > value).sum()), len(held_out)),
            median_tokens=float(np.median(n_tokens)),
            reference=self.source,
        )


@dataclass(frozen=True)
class Ask:
    """What standards are made with."""

    model: Model
    vector: TraitVector
    spec: ScreenSpec
    reference: Corpus | None
    seed: str
    progress: Progress


def standard_for(setting: Setting, rows: Sequence[Row], ask: Ask) -> Standard | None:
    """Return the standard for the rows of one setting, or None where no benign answer fits behind what they ask.

    Benign rows are those of the reference that stand in the same setting, or where they are too few the model's own
    answers to the rows' prompts. Raises InputError where too few of those can be read.
    """
    model, spec, progress = ask.model, ask.spec, ask.progress
    given = [row for row in ask.reference.rows if setting_of(row) == setting] if ask.reference else []
    name = ask.reference.name if ask.reference else ""
    readings = _read(ask, given)
    source = f"{len(readings.rows) if readings else 0} rows of {name}"
    if readings is None or len(readings.rows) < rows_needed(spec.false_alarm_rate):
        readings = _read(ask, own_answers(rows, model, spec, ask.seed, progress))
        if readings is None:
            return None
        lacking = f", since {source} that stand so are too few" if ask.reference else ""
        source = f"{len(readings.rows)} answers of {model.name}{lacking}"
    return _split(setting, readings, source, ask)


def _read(ask: Ask, rows: Sequence[Row]) -> RowReadings | None:
    """Return the rows that can be scored, or None where none can."""
    try:
        fit = fitting(ask.model, rows) if rows else None
    except InputError:
        return None
    readings = read_scored(ask.model, fit, ask.vector, ask.spec.score, ask.progress) if fit else None
    return readings if readings and readings.rows else None


def _split(setting: Setting, readings: RowReadings, source: str, ask: Ask) -> Standard:
    """Return the standard of benign rows, drawn into those that set the threshold and those that measure it."""
    rate, n = ask.spec.false_alarm_rate, len(readings.rows)
    if n < rows_needed(rate):
        raise InputError(
            f"{n} benign answers can be read, too few to set a threshold at a false-alarm rate of {rate:g} and measure "
            f"it; it takes {rows_needed(rate)}: give benign rows with --reference, or ask for a higher rate"
        )
    order = random.Random(seed_from(ask.seed, "reference split")).sample(range(n), n)
    n_setting = max(cases_needed(rate), n // 2)
    return Standard(
        setting=setting,
        score=score_in(setting, ask.spec.score or ask.vector.header.form),
        setting_it=chosen(readings, sorted(order[:n_setting])),
        measuring=chosen(readings, sorted(order[n_setting:])),
        source=source,
    )
