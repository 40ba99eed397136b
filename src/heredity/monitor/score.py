"""From projections to z, percentiles and alarms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import InputError
from heredity.records.monitor import Probe, TurnReading
from heredity.records.reading import Form

Floats = NDArray[np.float64]


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


def alarm_level(conversations: Sequence[Sequence[Floats]], window: int, min_tokens: int) -> Floats:
    """Return `[conversations, probes]`: the highest running mean anywhere in each conversation's turns."""
    highest = [[running_mean(z, window, min_tokens).max(axis=0) for z in turns] for turns in conversations]
    return np.array([np.max(levels, axis=0) for levels in highest])


def conformal_threshold(levels: Floats, rate: float) -> float:
    """Return the level that a further benign conversation exceeds with probability at most `rate`.

    It is the k-th smallest of n levels, k = ceil((n + 1)(1 - rate)) (Vovk's split conformal bound). Raises InputError
    when n is too small for the rate.
    """
    n = len(levels)
    k = int(np.ceil((n + 1) * (1 - rate)))
    if k > n:
        raise InputError(
            f"{n} benign conversations cannot set an alarm at a false-alarm rate of {rate:g}; it takes "
            f"{int(np.ceil(1 / rate)) - 1} to calibrate and as many held out: give more, or raise the rate"
        )
    return float(np.sort(levels)[k - 1])


def turn_reading(asked: str, tokens: Sequence[str], scores: Floats, probes: Sequence[Probe]) -> TurnReading:
    """Return one turn's record from its scores `[tokens, probes]`."""
    z = standardised(scores, probes)
    means = z.mean(axis=0)
    columns = list(zip(probes, z.T, means, strict=True))
    return TurnReading(
        asked=asked,
        tokens=tuple(tokens),
        z=tuple(tuple(round(float(value), 3) for value in column) for _, column, _ in columns),
        mean_z=tuple(float(mean) for mean in means),
        percentile=tuple(percentile_of(float(mean), probe.answer_percentiles) for probe, _, mean in columns),
        alarm_at=tuple(first_alarm(column, probe) for probe, column, _ in columns),
    )


def standardised(scores: Floats, probes: Sequence[Probe]) -> Floats:
    """Return z = (score - benign mean) / benign deviation, `[tokens, probes]`."""
    mean = np.array([probe.mean for probe in probes])
    deviation = np.array([probe.deviation for probe in probes])
    return np.asarray((scores - mean) / deviation)


def percentile_of(value: float, percentiles: Sequence[float]) -> float:
    """Return the share of benign cases (0-100) below a value, between percentiles by interpolation."""
    return float(np.interp(value, percentiles, np.linspace(0, 100, len(percentiles))))


def first_alarm(z: Floats, probe: Probe) -> int | None:
    """Return the token at which the running mean first exceeds the probe's threshold."""
    over = np.flatnonzero(running_mean(z, probe.window, probe.min_tokens) > probe.threshold)
    return int(over[0]) if len(over) else None
