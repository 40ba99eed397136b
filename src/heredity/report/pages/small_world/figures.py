"""Figures of the small world: who learnt digits from noise, and at which step size first order ends."""

from __future__ import annotations

import altair as alt

from heredity.records.small_world import CHANCE, FirstStep, SmallWorldReport
from heredity.report.kit.theme import COLOURS, GRID, INK, MUTED, QUIET, Figure, Rows, data, padded, spanned

GROUPS = (
    ("start", "Untrained", COLOURS["untrained"]),
    ("other", "Student, another start", COLOURS["other start"]),
    ("shuffled", "Student, others' logits", COLOURS["shuffled"]),
    ("same", "Student, same start", COLOURS["same start"]),
    ("teacher", "Teacher", INK),
)
"""Groups of networks from top to bottom: field of the report, name, colour."""
SHARED, ELSEWHERE = COLOURS["same start"], COLOURS["other start"]
WIDTH, LINE, LETTER = 520, 46, 7.5
"""Points: the width of a panel, the height of a group, room for one letter of its name."""


def accuracy_figure(report: SmallWorldReport) -> Figure:
    """Return one dot a seed for every group, with its mean and interval, beside what a guess has."""
    dots: Rows = []
    means: Rows = []
    for place, (field, name, colour) in enumerate(GROUPS):
        middle, n = (place + 0.5) * LINE, len(report.runs)
        means.append(
            {"name": name, "y": middle - 13, "label": middle, "colour": colour, **spanned(getattr(report, field))}
        )
        for i, run in enumerate(report.runs):
            dots.append({"x": getattr(run, field), "y": middle + 1 + 14 * i / max(1, n - 1), "colour": colour})
    height = LINE * len(GROUPS)
    downwards = alt.Scale(domain=[0, height], nice=False, reverse=True)
    y = alt.Y("y:Q", scale=downwards, axis=None)
    colours = alt.Color("colour:N", scale=None)

    def x(field: str) -> alt.X:
        axis = alt.Axis(format="%", tickCount=6)
        title = f"Accuracy on {report.n_test} digits that no teacher saw"
        return alt.X(f"{field}:Q", title=title, scale=alt.Scale(domain=[0, 1], nice=False), axis=axis)

    guess = alt.Chart(data([{"x": CHANCE, "text": "a guess"}])).encode(x=x("x"))
    base = alt.Chart(data(means)).encode(y=y, color=colours)
    named = alt.Chart(data(means)).mark_text(align="left", fontSize=12.5, color=INK)
    margin = 14 + LETTER * max(len(name) for _, name, _ in GROUPS)
    return alt.layer(
        guess.mark_rule(color=QUIET, strokeDash=[4, 3]),
        guess.mark_text(align="left", dx=5, fontSize=11, color=MUTED).encode(y=alt.value(-6), text="text:N"),
        alt.Chart(data(dots)).mark_circle(size=44, opacity=0.55).encode(x=x("x"), y=y, color=colours),
        base.mark_rule(strokeWidth=3, clip=True).encode(x=x("low"), x2="high:Q"),
        base.mark_circle(size=110, opacity=1).encode(x=x("value")),
        named.encode(x=alt.value(-margin), y=alt.Y("label:Q", scale=downwards, axis=None), text="name:N"),
        width=WIDTH,
        height=height,
    )


def steps_figure(report: SmallWorldReport) -> Figure:
    """Return the exact inner product over its first-order prediction, above the share of draws below zero."""
    drawn: Figure = alt.vconcat(ratio_panel(report), negative_panel(report), spacing=24)
    return drawn


def ratio_panel(report: SmallWorldReport) -> Figure:
    """Return the mean ratio and its interval by step size, in the band that the draws span."""
    steps = report.steps
    rows: Rows = [
        {"size": step.step_size, "least": step.lowest_ratio, "most": step.highest_ratio, **spanned(step.ratio)}
        for step in steps
    ]
    domain = padded([0.0, 1.0, *(row[end] for row in rows for end in ("least", "most", "low", "high"))], 0.06)
    scale = alt.Scale(domain=domain, nice=False)
    base = alt.Chart(data(rows)).encode(x=_size(steps, title=None))

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", title="Exact / first order", scale=scale, axis=alt.Axis(tickCount=6))

    levels = alt.Chart(data([{"at": 0.0}, {"at": 1.0}]))
    return alt.layer(
        base.mark_area(color=GRID).encode(y=y("least"), y2="most:Q"),
        levels.mark_rule(color=QUIET, strokeDash=[4, 3]).encode(y=y("at")),
        *_end(report),
        base.mark_line(color=SHARED, strokeWidth=2).encode(y=y("value")),
        base.mark_rule(color=SHARED, strokeWidth=2).encode(y=y("low"), y2="high:Q"),
        base.mark_circle(color=SHARED, size=50, opacity=1).encode(y=y("value")),
        width=WIDTH,
        height=200,
        title="Inner product of the student's and the teacher's step, against its first order",
    )


def negative_panel(report: SmallWorldReport) -> Figure:
    """Return the share of draws whose steps point apart, from a shared start and from two."""
    rows: Rows = []
    for step in report.steps:
        each = (("one start", SHARED, step.negative), ("two starts", ELSEWHERE, step.negative_elsewhere))
        rows += [{"size": step.step_size, "who": who, "colour": to, **spanned(share)} for who, to, share in each]
    scale = alt.Scale(domain=[-0.03, max(0.7, *(row["high"] for row in rows))], nice=False)
    colour = alt.Color("colour:N", scale=None)
    base = alt.Chart(data(rows)).encode(x=_size(report.steps), color=colour)
    names = alt.Chart(data(rows[-2:])).mark_text(align="left", dx=9, fontSize=12)

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", title="Draws", scale=scale, axis=alt.Axis(format="%", tickCount=5))

    return alt.layer(
        base.mark_line(strokeWidth=2).encode(y=y("value"), detail="who:N"),
        base.mark_rule(strokeWidth=2, opacity=0.5).encode(y=y("low"), y2="high:Q"),
        base.mark_circle(size=50, opacity=1).encode(y=y("value")),
        names.encode(x=_size(report.steps), y=y("value"), text="who:N", color=colour),
        width=WIDTH,
        height=150,
        title="Share of draws in which the two steps point apart",
    )


def _size(steps: tuple[FirstStep, ...], title: str | None = "Step size of the teacher") -> alt.X:
    domain = [steps[0].step_size / 1.5, steps[-1].step_size * 1.5]
    axis = alt.Axis(grid=False, format=".0e", values=[10.0**k for k in range(-12, 13)], labelOverlap=True)
    return alt.X("size:Q", title=title, scale=alt.Scale(type="log", domain=domain, nice=False), axis=axis)


def _end(report: SmallWorldReport) -> list[Figure]:
    """Return the mark of where first order ends, where it ends within the plot."""
    until = report.first_order_until
    if until is None or until == report.steps[-1].step_size:
        return []
    mark = alt.Chart(data([{"size": until, "text": f"first order within 10% up to {until:g}"}]))
    x = _size(report.steps, title=None)
    return [
        mark.mark_rule(color=INK, strokeDash=[2, 3]).encode(x=x),
        mark.mark_text(align="right", dx=-6, fontSize=12, color=INK).encode(x=x, y=alt.value(8), text="text:N"),
    ]
