"""Conversations as heat: how high each went under each probe, and every token's tint."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from heredity.records.monitor import ConversationReading, MonitorReport, Probe, TurnReading
from heredity.report.kit.tint import N_LEVELS, NOTHING, level

N_SHOWN = 40
"""Conversations shown in full, at most."""
N_OPEN = 8
"""Conversations that are not folded."""
N_TOKENS_SHOWN = 40_000
"""Tokens after which no further conversation is shown in full: a page of more is slow to open."""
FULL_TINT = 4.0
"""The z from which a tint is as strong as it gets."""
FULL_EXCESS, FIRST_TINT = 3.0, 0.2
"""The z over a threshold from which a conversation's tint is as strong as it gets, and where it starts."""
TICKS = range(0, N_LEVELS, N_LEVELS // 4)
"""Levels that the legend names."""


@dataclass(frozen=True)
class Height:
    """Where one conversation stands highest against the alarm's threshold under one probe, as the page shows it."""

    z: float | None
    """None where no answer is long enough for an alarm."""
    over: float
    """By how much it exceeds the threshold; minus infinity where there is no z."""
    alarm: str | None
    """Where the alarm first sounded, for people; None where it did not."""

    @property
    def level(self) -> int:
        """The tint's level: nothing up to the threshold, then stronger with the excess over it."""
        return level(FIRST_TINT + (1 - FIRST_TINT) * self.over / FULL_EXCESS) if self.over > 0 else NOTHING


@dataclass(frozen=True)
class Line:
    """One conversation in the table."""

    reading: ConversationReading
    peaks: tuple[Height, ...]
    """`[probes]`."""

    @property
    def n_tokens(self) -> int:
        """Tokens read."""
        return self.reading.n_tokens

    @property
    def strength(self) -> tuple[bool, float]:
        """Whether an alarm sounded at all, and the largest excess over a threshold."""
        return any(peak.alarm for peak in self.peaks), max(peak.over for peak in self.peaks)

    @property
    def strongest(self) -> int:
        """The probe of the largest excess over its threshold."""
        return max(range(len(self.peaks)), key=lambda place: self.peaks[place].over)


@dataclass(frozen=True)
class Token:
    """One token as the page shows it."""

    text: str
    classes: str
    said: str
    """Its z and percentile under every probe, a line each."""


def lines(report: MonitorReport) -> tuple[Line, ...]:
    """Return every conversation, the strongest alarm first."""
    made = [
        Line(reading, tuple(_height(reading, place) for place in range(len(report.probes))))
        for reading in report.conversations
    ]
    return tuple(sorted(made, key=lambda line: line.strength, reverse=True))


def n_shown(ranked: Sequence[Line]) -> int:
    """Return how many of the first conversations are shown in full: N_SHOWN, or fewer where they are long."""
    read = list(accumulate(line.n_tokens for line in ranked[:N_SHOWN]))
    return min(len(read), 1 + sum(n < N_TOKENS_SHOWN for n in read[:-1]))


def tokens(turn: TurnReading, names: Sequence[str], probes: Sequence[Probe]) -> list[Token]:
    """Return a turn's tokens, each with one tint class a probe, and a class where a probe's alarm first sounded."""
    return [
        Token(text, _classes(values, turn.alarm_at, place), _said(values, names, probes))
        for place, (text, values) in enumerate(zip(turn.tokens, zip(*turn.z, strict=True), strict=True))
    ]


def legend(probe: Probe) -> list[str]:
    """Return the share of benign tokens below each of the legend's ticks."""
    return [share_below(z, probe) for z in tick_values()]


def tick_values() -> list[float]:
    """Return the z of each of the legend's ticks."""
    return [FULL_TINT * (2 * tick / (N_LEVELS - 1) - 1) for tick in TICKS]


def share_below(z: float, probe: Probe) -> str:
    """Return the share of benign tokens that lie below a z, for people."""
    return rounded_share(probe.share_below(z))


def rounded_share(percent: float) -> str:
    """Return a percentage that never claims to be all or nothing."""
    if percent < 0.5:
        return "<1%"
    return ">99%" if percent > 99.5 else f"{percent:.0f}%"


def tint_of(z: float) -> int:
    """Return the tint's level of a z."""
    return level(z / FULL_TINT)


def _height(reading: ConversationReading, place: int) -> Height:
    peak, alarm = reading.peak(place), _first_alarm(reading.turns, place)
    return Height(peak.z, peak.over, alarm) if peak else Height(None, -math.inf, alarm)


def _first_alarm(turns: Sequence[TurnReading], place: int) -> str | None:
    for number, turn in enumerate(turns, start=1):
        at = turn.alarm_at[place]
        if at is not None:
            return f"turn {number}, after {at + 1} tokens" if len(turns) > 1 else f"after {at + 1} tokens"
    return None


def _classes(values: Sequence[float], alarm_at: Sequence[int | None], place: int) -> str:
    tints = [f"p{probe}-{tint_of(z)}" for probe, z in enumerate(values)]
    alarms = [f"a{probe}" for probe, at in enumerate(alarm_at) if at == place]
    return " ".join(tints + alarms)


def _said(values: Sequence[float], names: Sequence[str], probes: Sequence[Probe]) -> str:
    each = zip(names, values, probes, strict=True)
    return "\n".join(f"{name} {z:+.2f} ({share_below(z, probe)})" for name, z, probe in each)
