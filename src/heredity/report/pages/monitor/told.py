"""What a monitor read, in words."""

from __future__ import annotations

from heredity.records.monitor import MonitorReport, Probe
from heredity.report.kit.text import by_reason
from heredity.report.pages.monitor.words import beyond, to_their_ends, unlike


def told(report: MonitorReport) -> str:
    """Return what a person wants to know of a monitor's report."""
    n_turns = sum(len(reading.turns) for reading in report.conversations)
    lines = [f"{len(report.conversations)} conversations, {n_turns} answers of {report.source}"]
    for place, probe in enumerate(report.probes):
        drift, early = report.drift[place], f"within their first {probe.stretch} tokens"
        lines.append(f"  {name_of(probe):<20} alarm in {report.share_in_stretch[place]} of the conversations {early}")
        lines.append(
            f"  {'':<20} asked for at most {probe.false_alarm_rate:.2f} over any length, and measured on benign ones "
            f"{early}: {probe.measured_rate}"
        )
        if report.n_beyond[place]:
            lines.append(f"  {'':<20} {to_their_ends(report, place)}")
        if drift is not None:
            lines.append(f"  {'':<20} drift {drift} z a turn")
    lines += [f"  {said}" for said in (beyond(report), unlike(report)) if said]
    for correlation in report.correlations:
        within, between = (one or "not measurable" for one in (correlation.within, correlation.between))
        apart = f"within prompts {within}, between prompts {between}"
        lines.append(
            f"  {correlation.trait:<20} r with the {correlation.judge} judge: pooled {correlation.pooled}, {apart}"
        )
    lines += [f"  {n} conversations not read: {reason}" for reason, n in by_reason(report.excluded)]
    return "\n".join([*lines, *(f"  {line}" for line in report.notices)])


def name_of(probe: Probe) -> str:
    """Return a probe's name for people."""
    return f"{probe.trait} (block {probe.block})"
