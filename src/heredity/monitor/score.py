"""From projections to z, percentiles and alarms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from heredity.records.monitor import Peak, Probe, TurnReading
from heredity.records.reading import Form
from heredity.stats.arrays import Floats
from heredity.stats.conformal import rises


def token_scores(projections: NDArray[np.floating], forms: Sequence[Form]) -> Floats:
    """Return `[tokens, probes]` from `[1 + tokens, probes]`: less the last prompt token where the form asks for it."""
    origin = np.array([1.0 if form == "difference" else 0.0 for form in forms])
    return np.asarray(projections[1:] - projections[0] * origin, dtype=np.float64)


def running_mean(z: Floats, window: int, min_tokens: int) -> Floats:
    """Return the mean of the last `window` tokens at every token from the `min_tokens`-th on; `[tokens, ...]`.

    Earlier tokens, and all of a shorter answer, have minus infinity: no alarm can sound there.
    """
    total = np.concatenate([np.zeros((1, *z.shape[1:])), np.cumsum(z, axis=0)])
    ends = np.arange(1, len(z) + 1)
    starts = np.maximum(ends - window, 0)
    span = (ends - starts).reshape(-1, *[1] * (z.ndim - 1))
    means = (total[ends] - total[starts]) / span
    means[: min_tokens - 1] = -np.inf
    return np.asarray(means)


def excess(z: Floats, probe: Probe, n_before: int = 0) -> Floats:
    """Return by how much the running mean exceeds the alarm's threshold at every token of an answer, `[tokens]`.

    `n_before` tokens were said in the conversation before it. Minus infinity where no alarm can sound.
    """
    bars = probe.threshold + rises(stretches(n_before, len(z), probe.stretch), probe.rise)
    return running_mean(z, probe.window, probe.min_tokens) - bars


def stretches(n_before: int, n: int, stretch: int) -> NDArray[np.int64]:
    """Return in which stretch of the conversation (from 1) each of `n` tokens lies, `n_before` others before them."""
    return (n_before + np.arange(n)) // stretch + 1


def alarm_level(turns: Sequence[Floats], window: int, min_tokens: int, n_tokens: int) -> float:
    """Return the highest running mean in the first `n_tokens` of a conversation; minus infinity where there is none."""
    highest, left = -np.inf, n_tokens
    for z in turns:
        if left <= 0:
            break
        highest = max(highest, float(running_mean(z[:left], window, min_tokens).max(initial=-np.inf)))
        left -= len(z)
    return highest


def turn_reading(
    asked: str, tokens: Sequence[str], scores: Floats, probes: Sequence[Probe], n_before: int = 0
) -> TurnReading:
    """Return one turn's record from its scores `[tokens, probes]`; `n_before` tokens of earlier answers came first."""
    z = np.round(standardised(scores, probes), 3)
    means = z.mean(axis=0)
    columns = list(zip(probes, z.T, means, strict=True))
    return TurnReading(
        asked=asked,
        n_before=n_before,
        tokens=tuple(tokens),
        z=tuple(tuple(float(value) for value in column) for _, column, _ in columns),
        mean_z=tuple(float(mean) for mean in means),
        percentile=tuple(percentile_of(float(mean), probe.answer_percentiles) for probe, _, mean in columns),
        alarm_at=tuple(first_alarm(column, probe, n_before) for probe, column, _ in columns),
        peaks=tuple(peak(column, probe, n_before) for probe, column, _ in columns),
    )


def standardised(scores: Floats, probes: Sequence[Probe]) -> Floats:
    """Return z = (score - benign mean) / benign deviation, `[tokens, probes]`."""
    mean = np.array([probe.mean for probe in probes])
    deviation = np.array([probe.deviation for probe in probes])
    return np.asarray((scores - mean) / deviation)


def percentile_of(value: float, percentiles: Sequence[float]) -> float:
    """Return the share of benign cases (0-100) below a value, between percentiles by interpolation."""
    return float(np.interp(value, percentiles, np.linspace(0, 100, len(percentiles))))


def peak(z: Floats, probe: Probe, n_before: int = 0) -> Peak | None:
    """Return where an answer's running mean exceeds the threshold most; None where no alarm can sound."""
    over = excess(z, probe, n_before)
    at = int(np.argmax(over)) if len(over) else 0
    if not len(over) or np.isneginf(over[at]):
        return None
    return Peak(z=float(running_mean(z, probe.window, probe.min_tokens)[at]), over=float(over[at]))


def first_alarm(z: Floats, probe: Probe, n_before: int = 0) -> int | None:
    """Return the token of an answer at which the running mean first exceeds the probe's threshold."""
    over = np.flatnonzero(excess(z, probe, n_before) > 0)
    return int(over[0]) if len(over) else None
