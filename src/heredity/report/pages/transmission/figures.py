"""Figures of a transmission study: students over their steps, and treated beside control, pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import altair as alt

from heredity.ground.words import titled
from heredity.records.curves import CurvePoint, StudentPair
from heredity.records.transmission import TransmissionReport
from heredity.report.kit.curves import CONTROL, LETTERS, NARROW, TREATED, Axes, Curves, curves_figure, dashes_of, top_of
from heredity.report.kit.measures import wording
from heredity.report.kit.theme import COLOURS, GRID, INK, QUIET, Figure, Rows, data, notice, padded, spanned
from heredity.report.pages.transmission.words import Group, groups

MEAN = "mean"
LINE, HALF, N_TICKS = 30, 270, 12
"""Points: the height of a seed's line and the width of one of two panels; and how many steps are named, at most."""


def dose_figure(report: TransmissionReport, *, is_narrow: bool = False) -> Figure:
    """Return the target's level and score against the steps: a thin line a student, a bold one a group."""
    words, found = wording(report), groups(report)
    levels = _curves(found, lambda point: point.level[report.target].value)
    scores = _curves(found, lambda point: point.score[report.target])
    steps = _ticks([point.step for student in report.students for point in student.points])
    low, high = padded([y for group in scores for line in group.lines for _, y in line], 0.06)
    top = top_of([y for group in levels for line in group.lines for _, y in line])
    x, title = "Optimizer steps", titled(words.score_and_unit)
    above = Axes(x, titled(words.level), 0.0, top, words.level_form, steps, is_narrow=is_narrow)
    below = Axes(x, title, low, high, words.score_form, steps, max(170, LETTERS * len(found)), is_narrow)
    start = levels[0].mean[0][1]
    base = (f"base model {start:{words.level_form}}", start)
    drawn: Figure = alt.vconcat(curves_figure(levels, above, base), curves_figure(scores, below))
    return drawn


def pairs_figure(report: TransmissionReport, *, is_narrow: bool = False) -> Figure:
    """Return, seed by seed, the two students' scores, and their difference with its interval over seeds."""
    found = report.pairs
    if not found:
        return notice("No treated student has a control of its seed.")
    width = NARROW if is_narrow else HALF
    both = (_scores_panel(report, found, width), _differences_panel(report, found, width, is_narrow))
    drawn: Figure = alt.vconcat(*both) if is_narrow else alt.hconcat(*both)
    return drawn


def _curves(found: Sequence[Group], value: Callable[[CurvePoint], float]) -> list[Curves]:
    return [
        Curves(
            group.name,
            _colour(group),
            dashes_of(place),
            tuple(tuple((float(point.step), value(point)) for point in student.points) for student in group.students),
        )
        for place, group in enumerate(found)
    ]


def _colour(group: Group) -> str:
    if group.is_main:
        return TREATED if group.arm == "treated" else CONTROL
    return COLOURS["other control" if group.arm == "control" else group.arm]


def _ticks(steps: Sequence[int]) -> tuple[int, ...]:
    """Return the steps at which students were measured, thinned to what fits."""
    every = sorted(set(steps))
    return tuple(sorted({every[0], *every[:: -(len(every) // -N_TICKS)], every[-1]}))


def _scores_panel(report: TransmissionReport, found: Sequence[StudentPair], width: int) -> Figure:
    words, mean = wording(report), report.mean_pair
    both = [(one.treated, one.control) for one in found]
    rows: Rows = [{"seed": f"seed {one.seed}", "treated": one.treated, "control": one.control} for one in found]
    if mean and len(found) > 1:
        rows.append({"seed": MEAN, "treated": mean.treated, "control": mean.control})
    scale = alt.Scale(domain=padded([score for pair in both for score in pair], 0.12), nice=False, zero=False)
    base = alt.Chart(data(rows), width=width, height=LINE * len(rows)).encode(y=_y(rows))

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", title=titled(words.score_and_unit), scale=scale, axis=alt.Axis(tickCount=5))

    squares = base.mark_square(size=95, opacity=1, color=CONTROL)
    circles = base.mark_circle(size=115, opacity=1, color=TREATED)
    return alt.layer(
        base.mark_rule(color=QUIET, strokeWidth=2).encode(x=x("control"), x2="treated:Q"),
        squares.encode(x=x("control")),
        circles.encode(x=x("treated")),
        title={"text": "At the last step", "subtitle": "square: control; circle: treated"},
    )


def _differences_panel(
    report: TransmissionReport, found: Sequence[StudentPair], width: int, with_names: bool
) -> Figure:
    words, effect = wording(report), report.effect
    rows: Rows = [{"seed": f"seed {pair.seed}", "value": pair.difference} for pair in found]
    mean: Rows = [] if effect is None else [{"seed": MEAN, **spanned(effect)}]
    places = [*rows, *([{"seed": MEAN}] if len(found) > 1 else [])]
    ends = [0.0, *(row["value"] for row in rows), *(row[end] for row in mean for end in ("low", "high"))]
    scale = alt.Scale(domain=padded(ends, 0.12), nice=False, zero=False)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", title=f"Difference ({words.unit})", scale=scale, axis=alt.Axis(tickCount=5))

    y = _y(places, with_names)
    bar = alt.Chart(data(mean)).encode(y=y)
    interval: list[Figure] = [
        bar.mark_rule(strokeWidth=3, color=INK).encode(x=x("low"), x2="high:Q"),
        bar.mark_point(shape="diamond", size=190, filled=True, opacity=1, color=INK).encode(x=x("value")),
    ]
    said = "no interval" if effect is None else f"mean {effect.value:{words.change_form}} and 95% interval"
    return alt.layer(
        alt.Chart(data([{"zero": 0}])).mark_rule(color=INK, strokeDash=[3, 3]).encode(x=x("zero")),
        alt.Chart(data(rows)).mark_circle(size=85, opacity=1, color=INK).encode(x=x("value"), y=y),
        *(interval if mean else []),
        width=width,
        height=LINE * len(places),
        title={"text": "Treated minus control", "subtitle": said},
    )


def _y(rows: Rows, with_names: bool = True) -> alt.Y:
    order = [row["seed"] for row in rows]
    axis = alt.Axis(labels=with_names, ticks=False, domain=False, grid=True, gridColor=GRID, labelPadding=10)
    return alt.Y("seed:N", sort=order, scale=alt.Scale(domain=order), title=None, axis=axis)
