"""The figure of leakage: each trait's own vector beside its best rival, and beside what no other vector shares."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from heredity.ground.words import titled
from heredity.report.kit.theme import COLOURS, GRID, INK, QUIET, Figure, Rows, data, padded, spanned
from heredity.report.pages.leakage.tables import Rivalry

OWN, OTHER, LEFT = COLOURS["own vector"], COLOURS["other vector"], COLOURS["what is its own"]
LINE, GAP, WIDTH, LETTER = 20, 14, 400, 9
"""Points: the height of one line, the space between traits, the width of the panel, room for one letter of a name."""


def rivals_figure(found: Sequence[Rivalry]) -> Figure:
    """Return the AUC of every trait's poles, by three directions, over what luck reaches."""
    rows: Rows = []
    names: Rows = []
    lucks: Rows = []
    top = 0.0
    for rivalry in found:
        lines = _lines(rivalry)
        rows += [{**line, "y": top + (i + 0.5) * LINE} for i, line in enumerate(lines)]
        names.append({"trait": titled(rivalry.trait), "y": top + LINE / 2})
        lucks.append({"top": top, "bottom": top + len(lines) * LINE, "luck": rivalry.luck, "half": 0.5})
        top += len(lines) * LINE + GAP
    low = padded([0.5, *(row[end] for row in rows for end in ("low", "high"))], 0.04)[0]
    title = "AUC of the trait's poles"
    scale = alt.Scale(domain=[max(0.0, low), 1.0], nice=False)
    height, margin = top - GAP, 14 + LETTER * max(len(rivalry.trait) for rivalry in found)
    downwards = alt.Scale(domain=[0, height], nice=False, reverse=True)
    y = alt.Y("y:Q", scale=downwards, axis=None)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", title=title, scale=scale)

    base = alt.Chart(data(rows)).encode(y=y, color=alt.Color("colour:N", scale=None))
    bands = alt.Chart(data(lucks)).mark_rect(color=GRID)
    named = alt.Chart(data(names)).mark_text(align="left", fontSize=13, fontWeight="bold", color=INK)
    said = base.mark_text(align="left", fontSize=12, color=INK)
    return alt.layer(
        bands.encode(x=x("half"), x2="luck:Q", y=alt.Y("top:Q", scale=downwards, axis=None), y2="bottom:Q"),
        alt.Chart(data([{"half": 0.5}])).mark_rule(color=QUIET).encode(x=x("half")),
        base.mark_rule(strokeWidth=3).encode(x=x("low"), x2="high:Q"),
        base.mark_circle(size=100, opacity=1).encode(x=x("value")),
        named.encode(x=alt.value(-margin), y=y, text="trait:N"),
        said.encode(x=alt.value(WIDTH + 14), text="said:N", color=alt.value(INK)),
        width=WIDTH,
        height=height,
    )


def _lines(rivalry: Rivalry) -> Rows:
    lines = (
        ("its own", OWN, rivalry.own),
        (f"best other: {rivalry.other}", OTHER, rivalry.best),
        ("its own, less the others", LEFT, rivalry.orthogonal),
    )
    return [{"said": said, "colour": colour, **spanned(auc)} for said, colour, auc in lines if auc is not None]
