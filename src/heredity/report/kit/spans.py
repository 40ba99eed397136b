"""Named estimates under each other, with their intervals, beside zero: the figure that several pages draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from heredity.report.kit.hues import COLOURS
from heredity.report.kit.theme import INK, Figure, data, spanned
from heredity.stats.estimate import Estimate


@dataclass(frozen=True)
class Span:
    """One estimate."""

    name: str
    estimate: Estimate
    is_marked: bool
    """Whether it stands out in colour."""


@dataclass(frozen=True)
class Wording:
    """What a figure says, in a wide page and on a narrow one."""

    axis: str
    narrow_axis: str
    title: str
    narrow_title: str
    legend: tuple[str, str] | None = None
    """What it says of estimates that stand out, and of the others; None where their names say it."""


def spans_figure(spans: Sequence[Span], wording: Wording, *, is_narrow: bool = False) -> Figure:
    """Return every estimate with its interval, in the order given."""
    marked, others = states = wording.legend or ("marked", "others")
    rows = [
        {"name": span.name, "state": marked if span.is_marked else others, **spanned(span.estimate)} for span in spans
    ]
    y = alt.Y("name:N", sort=[span.name for span in spans], title=None)
    colour = alt.Color(
        "state:N",
        title=None,
        scale=alt.Scale(domain=list(states), range=[COLOURS["over"], COLOURS["not over"]]),
        legend=alt.Legend(orient="top") if wording.legend else None,
    )
    base = alt.Chart(data(rows))
    axis = wording.narrow_axis if is_narrow else wording.axis
    bars = base.mark_rule(strokeWidth=2).encode(y=y, x=alt.X("low:Q", title=axis), x2="high:Q", color=colour)
    points = base.mark_point(filled=True, size=70, opacity=1).encode(y=y, x="value:Q", color=colour)
    zero = alt.Chart(data([{"at": 0}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="at:Q")
    figure: Figure = alt.layer(zero, bars, points).properties(
        width=205 if is_narrow else 520,
        height=28 * len(rows),
        title=wording.narrow_title if is_narrow else wording.title,
    )
    return figure
