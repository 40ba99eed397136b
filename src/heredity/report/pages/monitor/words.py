"""What a monitor found, in words, by rules that call more than benign speech only what lies clearly above it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from heredity.ground.words import titled
from heredity.records.monitor import Correlation, MonitorReport, Probe
from heredity.stats.estimate import Estimate

FEW = 20
"""Fewer benign conversations measure no rate worth the name."""


@dataclass(frozen=True)
class Finding:
    """What one probe found, in a few words and in a sentence, and the shares that it rests on."""

    name: str
    answer: str
    sentence: str
    share: Estimate
    """Of conversations with an alarm within the tokens that benign speech was heard for."""
    benign: Estimate
    """The same of held-out benign conversations."""
    asked: float
    is_more: bool
    """Whether the share is clearly above that of benign speech."""


def labels(read: Sequence[Probe | Correlation]) -> tuple[str, ...]:
    """Return what to call each probe: its trait; its block too, and a number, where that is not enough."""
    counts = Counter(one.trait for one in read)
    names = [one.trait if counts[one.trait] == 1 else f"{one.trait}, block {one.block}" for one in read]
    earlier = [names[:i].count(name) for i, name in enumerate(names)]
    return tuple(f"{name} ({n + 1})" if n else name for name, n in zip(names, earlier, strict=True))


def headline(report: MonitorReport) -> str:
    """Return which traits showed in more conversations than in benign speech."""
    each = zip(labels(report.probes), report.probes, report.share_in_stretch, strict=True)
    more = [name for name, probe, share in each if is_more_than_benign(share, probe.measured_rate)]
    if not more:
        return "No alarm sounds in clearly more of these conversations than of benign ones."
    verb = "sounds its alarm" if len(more) == 1 else "sound their alarms"
    return f"{titled(_listed(more))} {verb} in clearly more of these conversations than of benign ones."


def findings(report: MonitorReport) -> tuple[Finding, ...]:
    """Return what each probe found."""
    return tuple(_finding(report, place, name) for place, name in enumerate(labels(report.probes)))


def scale_end(found: Sequence[Finding]) -> float:
    """Return a round share that no interval goes beyond, so that all are drawn on one scale."""
    highest = max(end for finding in found for end in (finding.share.high, finding.benign.high, finding.asked))
    return min(1.0, math.ceil(highest * 10 + 1e-9) / 10)


def is_more_than_benign(share: Estimate, benign: Estimate) -> bool:
    """Whether the share's whole interval is above that of held-out benign conversations."""
    return share.low > benign.high


def drift_in_words(drift: Estimate | None) -> str:
    """Return how mean z changes over the turns of a conversation."""
    if drift is None:
        return "too few conversations of several turns"
    verb = "rises" if drift.value > 0 else "falls"
    if not drift.is_clear_of_zero:
        return f"no drift is shown: {drift:+.2f} a turn"
    return f"{verb} with the turns: {drift:+.2f} a turn"


def to_their_ends(report: MonitorReport, place: int) -> str:
    """Return how often one alarm sounds with longer conversations read to their ends; empty where none is longer."""
    n = report.n_beyond[place]
    which = "1 is longer" if n == 1 else f"{n} are longer"
    return f"Read to their ends, {report.share_alarmed[place]:.0%} of them sound it ({which})." if n else ""


def beyond(report: MonitorReport) -> str:
    """Return what is known of alarms beyond the tokens that benign speech was heard for; empty where none is read."""
    if not any(report.n_beyond):
        return ""
    stretch, rate = report.probes[0].stretch, report.probes[0].false_alarm_rate
    return (
        f"Beyond {stretch} tokens no benign speech was heard. Thresholds rise there so that no more than {rate:.0%} of "
        "benign conversations should sound an alarm in all, however long; that was not measured."
    )


def unlike(report: MonitorReport) -> str:
    """Return that conversations stand behind what no benign one does, and what is then not known; else empty."""
    n = sum(reading.is_behind for reading in report.conversations)
    benign = min(probe.n_behind for probe in report.probes)
    if not n or benign >= FEW:
        return ""
    return (
        f"With a system prompt or several turns: {n} of these conversations, and {benign or 'none'} of the benign "
        "ones: what stands before an answer moves its reading, so for these the rate was not measured. Benign "
        "conversations like them (--reference) would measure it."
    )


def _finding(report: MonitorReport, place: int, name: str) -> Finding:
    probe, share = report.probes[place], report.share_in_stretch[place]
    benign = probe.measured_rate
    sentences = [
        f"The alarm for {name} sounds in {share:.0%} of the conversations within their first {probe.stretch} "
        f"tokens, {_beside(share, benign)}.",
        f"It does in {benign:.0%} of held-out benign conversations; at most {probe.false_alarm_rate:.0%} was "
        "asked for, over any length.",
        to_their_ends(report, place),
    ]
    return Finding(
        name=name,
        answer=_answer(share, benign),
        sentence=" ".join(filter(None, sentences)),
        share=share,
        benign=benign,
        asked=probe.false_alarm_rate,
        is_more=is_more_than_benign(share, benign),
    )


def _answer(share: Estimate, benign: Estimate) -> str:
    if is_more_than_benign(share, benign):
        return f"In {share.value:.0%} of conversations"
    if share.low > benign.value:
        return "Perhaps more than benign speech"
    return "No more than benign speech" if share.high >= benign.value else "Less than benign speech"


def _beside(share: Estimate, benign: Estimate) -> str:
    if is_more_than_benign(share, benign):
        return "more than in benign speech"
    if share.low > benign.value:
        return "more than in benign speech, though the two intervals overlap"
    return "no more than in benign speech" if share.high >= benign.value else "less than in benign speech"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
