"""Curves of several groups: a thin line for each unit, a bold one for their mean, each group named at its end.

Groups differ in colour and in dashes, and their names stand beside their lines: nothing rests on colour alone. A narrow
drawing has its names below, in a key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from heredity.report.kit.theme import COLOURS, INK, MUTED, QUIET, Figure, Rows, data, spread

Point = tuple[float, float]
Dashes = tuple[int, ...]

TREATED, CONTROL = COLOURS["treated"], COLOURS["control"]
WHOLE: Dashes = (1, 0)
DASHES: tuple[Dashes, ...] = (
    WHOLE,
    (7, 3),
    (2, 2),
    (8, 3, 2, 3),
    (5, 2),
    (1, 3),
    (3, 5),
    (10, 2, 2, 2, 2, 2),
    (12, 4),
    (4, 2, 1, 2),
)
"""By the place of a group, so that groups are told apart without colour; the first is a whole line."""
LETTERS = 19
"""Points between two names, at least."""
WIDE, NARROW = 470, 250
"""Points: the width of a panel whose names stand at its right, and of one that a phone shows whole."""


@dataclass(frozen=True)
class Curves:
    """One group's lines."""

    name: str
    colour: str
    dashes: Dashes
    lines: tuple[tuple[Point, ...], ...]
    """Of each unit, by x."""
    spans: tuple[tuple[float, float, float], ...] = ()
    """Intervals to draw: x, low, high."""
    names_its_end: bool = True
    """Whether the value that it ends at stands after its name."""

    @property
    def mean(self) -> tuple[Point, ...]:
        """The mean over lines, where every line has a point."""
        by_x = [dict(line) for line in self.lines]
        shared = sorted(set[float].intersection(*(set(line) for line in by_x)))
        return tuple((x, sum(line[x] for line in by_x) / len(by_x)) for x in shared)


@dataclass(frozen=True)
class Axes:
    """What a panel measures, and how large it is drawn."""

    x: str
    y: str
    low: float
    high: float
    form: str
    """Format of y."""
    ticks: tuple[int, ...]
    """Of x."""
    height: int = 250
    is_narrow: bool = False

    @property
    def width(self) -> int:
        """Points."""
        return NARROW if self.is_narrow else WIDE

    def across(self, field: str = "x") -> alt.X:
        """Return the encoding of x."""
        scale = alt.Scale(domain=[self.ticks[0], max(self.ticks[-1], self.ticks[0] + 1)], nice=False)
        axis = alt.Axis(grid=False, values=list(self.ticks), format="d")
        return alt.X(f"{field}:Q", title=self.x, axis=axis, scale=scale)

    def up(self, field: str = "y") -> alt.Y:
        """Return the encoding of y."""
        scale = alt.Scale(domain=[self.low, self.high], nice=False, zero=False)
        axis = alt.Axis(tickCount=5, format=f"{self.form[:-1]}~{self.form[-1]}".lstrip("+"))
        return alt.Y(f"{field}:Q", title=self.y, axis=axis, scale=scale)


def dashes_of(place: int) -> Dashes:
    """Return the dashes of the group at a place."""
    return DASHES[place % len(DASHES)]


def curves_figure(groups: Sequence[Curves], axes: Axes, reference: tuple[str, float] | None = None) -> Figure:
    """Return all groups in one panel; `reference` is the name and height of a line to draw through."""
    through = (
        [Curves(reference[0], MUTED, (3, 3), (((axes.ticks[-1], reference[1]),),), names_its_end=False)]
        if reference
        else []
    )
    named = [*groups, *through]
    drawn: Figure = alt.layer(
        *[_through(curves, axes) for curves in through],
        *_lines(groups, axes),
        *[_spans(curves, axes) for curves in groups if curves.spans],
        *([] if axes.is_narrow else _names(named, axes)),
        width=axes.width,
        height=axes.height,
    )
    return alt.vconcat(drawn, _key(named, axes), spacing=12) if axes.is_narrow else drawn


def top_of(values: Sequence[float], margin: float = 0.08) -> float:
    """Return where an axis of shares ends: a margin above the highest, at most 1."""
    return min(1.0, max(values) * (1 + margin)) or 1.0


def _lines(groups: Sequence[Curves], axes: Axes) -> list[Figure]:
    """Return a thin line for each unit, a bold one for each mean, the first group's on top, and the mean's points."""
    units = [(group, line) for group in groups for line in group.lines]
    thin = [row for place, (group, line) in enumerate(units) for row in _rows(group, line, place)]
    bold = [row for place, group in enumerate(reversed(groups)) for row in _rows(group, group.mean, place)]
    dashes = alt.StrokeDash("dashes:N", scale=None)
    base = [_base(rows, axes) for rows in (thin, bold)]
    return [
        base[0].mark_line(strokeWidth=1, opacity=0.45).encode(strokeDash=dashes, detail="line:N"),
        base[1].mark_line(strokeWidth=3.2).encode(strokeDash=dashes, detail="line:N"),
        base[1].mark_circle(size=48, opacity=1),
    ]


def _base(rows: Rows, axes: Axes) -> alt.Chart:
    return alt.Chart(data(rows)).encode(x=axes.across(), y=axes.up(), color=alt.Color("colour:N", scale=None))


def _rows(group: Curves, points: Sequence[Point], line: int) -> Rows:
    return [{"x": x, "y": y, "line": line, "colour": group.colour, "dashes": list(group.dashes)} for x, y in points]


def _spans(group: Curves, axes: Axes) -> Figure:
    rows = data([{"x": x, "low": low, "high": high} for x, low, high in group.spans])
    bar = alt.Chart(rows).mark_rule(strokeWidth=2.5, color=group.colour)
    drawn: Figure = bar.encode(x=axes.across(), y=axes.up("low"), y2="high:Q")
    return drawn


def _through(reference: Curves, axes: Axes) -> Figure:
    height = reference.mean[-1][1]
    drawn: Figure = (
        alt.Chart(data([{"y": height}])).mark_rule(color=QUIET, strokeDash=list(reference.dashes)).encode(y=axes.up())
    )
    return drawn


def _names(groups: Sequence[Curves], axes: Axes) -> list[alt.Chart]:
    """Return the names at the right, moved apart where ends lie together, each led to from its end."""
    step = LETTERS / axes.height * (axes.high - axes.low)
    ends = [group.mean[-1][1] for group in groups]
    heights = _lifted(spread(ends, step), axes.low, step)
    rows = [
        {"name": _label(group, axes), "colour": group.colour, "end": end, "y": height}
        for group, end, height in zip(groups, ends, heights, strict=True)
    ]
    base = alt.Chart(data(rows)).encode(color=alt.Color("colour:N", scale=None))
    lead, text = base.mark_rule(strokeWidth=1), base.mark_text(align="left", dx=16, fontSize=12, fontWeight="bold")
    return [
        lead.encode(x=alt.value(axes.width + 2), x2=alt.value(axes.width + 13), y=axes.up("end"), y2="y:Q"),
        text.encode(x=alt.value(axes.width), y=axes.up(), text="name:N"),
    ]


def _lifted(heights: Sequence[float], floor: float, step: float) -> list[float]:
    """Return the heights with none below the floor, and those above it pushed up only where they would be met."""
    lifted = list(heights)
    for place in sorted(range(len(heights)), key=lambda i: heights[i]):
        lifted[place] = max(lifted[place], floor)
        floor = lifted[place] + step
    return lifted


def _key(groups: Sequence[Curves], axes: Axes) -> Figure:
    """Return the names below a narrow panel, each beside a piece of its line."""
    rows = [
        {"name": _label(group, axes), "colour": group.colour, "dashes": list(group.dashes), "place": place}
        for place, group in enumerate(groups)
    ]
    base = alt.Chart(data(rows)).encode(y=alt.Y("place:O", axis=None))
    line = base.mark_rule(strokeWidth=3).encode(
        x=alt.value(0),
        x2=alt.value(34),
        color=alt.Color("colour:N", scale=None),
        strokeDash=alt.StrokeDash("dashes:N", scale=None),
    )
    text = base.mark_text(align="left", fontSize=12, color=INK).encode(x=alt.value(42), text="name:N")
    view = alt.ViewConfig(stroke=None)
    key: Figure = alt.layer(line, text, width=axes.width, height=LETTERS * len(groups), view=view)
    return key


def _label(group: Curves, axes: Axes) -> str:
    return f"{group.name} {group.mean[-1][1]:{axes.form}}" if group.names_its_end else group.name
