"""Figures of the monitor: how z goes over the turns, where answers lie, and how probe and judge agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import altair as alt

from heredity.ground.words import titled
from heredity.records.monitor import Correlation, MonitorReport, Probe, TurnMean
from heredity.report.kit.histogram import bins
from heredity.report.kit.theme import COLOURS, GRID, INK, MUTED, QUIET, Figure, Rows, data, padded, spanned
from heredity.report.pages.monitor.words import labels

T = TypeVar("T")
N_LINES = 120
"""Conversations drawn as lines of their own, at most, spaced evenly over the file."""
N_BINS = 28
MARKS = (5, 50, 95)
"""Percentiles of benign answers that are marked."""
PANEL = 290
"""Points: the width of one probe's panel, two of which stand side by side."""


def course_figure(report: MonitorReport) -> Figure:
    """Return mean z by turn where conversations have several, and where the answers lie where they have one."""
    panels = turn_panels(report) if has_turns(report) else answer_panels(report)
    drawn: Figure = alt.concat(*panels, columns=min(2, len(panels)))
    return drawn


def has_turns(report: MonitorReport) -> bool:
    """Whether any conversation has several turns."""
    return any(len(reading.turns) > 1 for reading in report.conversations)


def turn_panels(report: MonitorReport) -> list[Figure]:
    """Return one panel a probe: a thin line a conversation, and the mean over conversations at every turn."""
    several = [reading for reading in report.conversations if len(reading.turns) > 1]
    curves = [[[turn.mean_z[place] for turn in one.turns] for one in several] for place in range(len(report.probes))]
    marks = [probe.answer_at(percent) for probe in report.probes for percent in MARKS]
    domain = padded([*marks, *(z for lines in curves for line in lines for z in line)], 0.04)
    each = zip(labels(report.probes), report.probes, curves, report.turn_means, strict=True)
    return [_turn_panel((name, probe), lines, means, domain) for name, probe, lines, means in each]


def answer_panels(report: MonitorReport) -> list[Figure]:
    """Return one panel a probe: a histogram of the answers' mean z, with percentiles of benign answers marked."""
    means = [
        [turn.mean_z[place] for reading in report.conversations for turn in reading.turns]
        for place in range(len(report.probes))
    ]
    marks = [probe.answer_at(percent) for probe in report.probes for percent in MARKS]
    domain = padded([*marks, *(z for values in means for z in values)], 0.04)
    each = zip(labels(report.probes), report.probes, means, strict=True)
    return [_answer_panel(name, probe, values, domain) for name, probe, values in each]


def agreement_figure(report: MonitorReport) -> Figure:
    """Return the correlations of probe and judge, taken apart: one panel a probe."""
    panels = [_correlations(correlation) for correlation in report.correlations]
    domain = [min(-0.2, *(row["low"] for rows in panels for row in rows)), 1.0]
    named = zip(labels(report.correlations), panels, strict=True)
    drawn: Figure = alt.vconcat(
        *(_agreement_panel(name, rows, domain, is_last=rows is panels[-1]) for name, rows in named), spacing=16
    )
    return drawn


def thinned(lines: Sequence[T], n: int) -> list[T]:
    """Return at most `n` of the lines, the first and the last among them, evenly spaced."""
    if len(lines) <= n:
        return list(lines)
    return [lines[i * (len(lines) - 1) // (n - 1)] for i in range(n)]


def _turn_panel(
    named: tuple[str, Probe], lines: Sequence[Sequence[float]], turns: Sequence[TurnMean], domain: list[float]
) -> Figure:
    (name, probe), n_turns = named, len(turns)
    drawn = thinned(lines, N_LINES)
    thin = [{"line": i, "turn": t, "z": z} for i, line in enumerate(drawn) for t, z in enumerate(line, start=1)]
    means: Rows = [
        {"turn": t, "value": mean_grade.value, **(spanned(mean_grade.interval) if mean_grade.interval else {})}
        for t, mean_grade in enumerate(turns, start=1)
    ]
    spans = [row for row, mean_grade in zip(means, turns, strict=True) if mean_grade.interval]
    scale = alt.Scale(domain=domain, nice=False)
    axis = alt.Axis(grid=False, values=sorted({*range(1, n_turns + 1, max(1, n_turns // 8))}), format="d")
    x = alt.X("turn:Q", title="Turn", axis=axis, scale=alt.Scale(domain=[0.8, n_turns + 0.2], nice=False))

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", title="Mean z of the answer", scale=scale, axis=alt.Axis(tickCount=6))

    mean = alt.Chart(data(means)).encode(x=x)
    return alt.layer(
        _benign_band(probe, scale),
        alt.Chart(data(thin))
        .mark_line(strokeWidth=0.9, opacity=0.45, color=COLOURS["read"])
        .encode(x=x, y=y("z"), detail="line:N"),
        mean.mark_line(strokeWidth=3.5, color=INK).encode(y=y("value")),
        mean.mark_circle(size=60, opacity=1, color=INK).encode(y=y("value")),
        alt.Chart(data(spans)).mark_rule(strokeWidth=2, color=INK).encode(x=x, y=y("low"), y2="high:Q"),
        width=PANEL,
        height=190,
        title=titled(name),
    )


def _benign_band(probe: Probe, scale: alt.Scale) -> Figure:
    """Return where 90% of benign answers lie, and their median."""
    low, middle, high = (probe.answer_at(percent) for percent in MARKS)
    band = alt.Chart(data([{"low": low, "middle": middle, "high": high}]))
    y = alt.Y("low:Q", title="Mean z of the answer", scale=scale)
    return alt.layer(
        band.mark_rect(color=GRID, opacity=0.75).encode(x=alt.value(0), x2=alt.value(PANEL), y=y, y2="high:Q"),
        band.mark_rule(color=QUIET, strokeDash=[3, 3]).encode(y=alt.Y("middle:Q", scale=scale)),
    )


def _answer_panel(name: str, probe: Probe, values: Sequence[float], domain: list[float]) -> Figure:
    over = probe.answer_at(MARKS[-1])
    rows = bins(values, over, (domain[1] - domain[0]) / N_BINS)
    n_over = sum(value > over for value in values)
    title = {"text": titled(name), "subtitle": f"{n_over} of {len(values)} answers above 95% of benign ones"}
    marks: Rows = [{"at": probe.answer_at(percent), "label": f"{percent}%"} for percent in MARKS]
    x = alt.X(
        "from:Q",
        bin="binned",
        title="Mean z of the answer",
        scale=alt.Scale(domain=domain, nice=False),
        axis=alt.Axis(grid=False, tickCount=6),
    )
    bars = alt.Chart(data(rows)).mark_bar(stroke="#ffffff", strokeWidth=0.5)
    rules = alt.Chart(data(marks))
    y = alt.Y("rows:Q", title="Answers", axis=alt.Axis(tickCount=4, tickMinStep=1, format="d"))
    return alt.layer(
        bars.encode(x=x, x2="to:Q", y=y, color=alt.Color("colour:N", scale=None)),
        rules.mark_rule(color=INK, strokeDash=[4, 3]).encode(x="at:Q"),
        rules.mark_text(color=MUTED, dy=-8, fontSize=11).encode(x="at:Q", y=alt.value(0), text="label:N"),
        width=PANEL,
        height=150,
        title=title,
    )


def _agreement_panel(name: str, rows: Rows, domain: list[float], *, is_last: bool) -> Figure:
    width = 340
    order = [row["part"] for row in rows]
    y = alt.Y("part:N", sort=order, title=None, axis=alt.Axis(grid=False, ticks=False, domain=False, labelPadding=10))
    title = "Correlation of mean z with the judge's grade (Pearson's r)" if is_last else None
    axis = alt.Axis(tickCount=7, labels=is_last, ticks=is_last, domain=is_last)
    x = alt.X("low:Q", title=title, scale=alt.Scale(domain=domain, nice=False), axis=axis)
    base = alt.Chart(data(rows)).encode(y=y, color=alt.Color("colour:N", scale=None))
    zero = alt.Chart(data([{"zero": 0}])).mark_rule(color=QUIET, strokeDash=[3, 3])
    label = base.mark_text(align="left", fontSize=12)
    return alt.layer(
        zero.encode(x=alt.X("zero:Q", title=title)),
        base.mark_rule(strokeWidth=3).encode(x=x, x2="high:Q"),
        base.mark_circle(size=110, opacity=1).encode(x=alt.X("value:Q", title=title)),
        label.encode(x=alt.value(width + 12), text="label:N", color=alt.value(INK)),
        width=width,
        height=24 * len(rows),
        title=titled(name),
    )


def _correlations(correlation: Correlation) -> Rows:
    parts = (
        ("within prompts", correlation.within),
        ("pooled", correlation.pooled),
        ("between prompts", correlation.between),
    )
    return [
        {
            "part": part,
            "label": str(estimate),
            "colour": COLOURS["read"] if part == "within prompts" else QUIET,
            **spanned(estimate),
        }
        for part, estimate in parts
        if estimate is not None
    ]
