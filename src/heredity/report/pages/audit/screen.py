"""The figure of the screen: where the rows' scores lie, and where the benign ones do."""

from __future__ import annotations

import altair as alt

from heredity.records.audit import AuditReport
from heredity.report.kit.histogram import bins, drawn
from heredity.report.kit.theme import INK, Figure, Rows, data

WIDTH, HEIGHT = 360, 105
"""Of either histogram: half a page, or a phone."""


def scores_figure(report: AuditReport) -> Figure:
    """Return how far the rows of the corpus lie over their threshold, above the benign rows that set nothing."""
    screen = report.screen
    benign = [threshold.over(score) for threshold in screen.thresholds for score in threshold.held_out_scores]
    step = screen.histogram.step
    both = [*drawn(screen.histogram, 0.0), *bins(benign, 0.0, step)]
    domain = [min(one["from"] for one in both) - step, max(one["to"] for one in both) + step]
    n_over = sum(score > 0 for score in benign)
    titles = (
        f"Corpus: {screen.n_flagged} of {screen.n_rows} rows over the threshold",
        f"Benign rows that set nothing: {n_over} of {len(benign)} over it",
    )
    values = [f"{threshold.value:.3g}" for threshold in screen.thresholds]
    label = f"threshold{'s' if len(values) > 1 else ''} {' and '.join(values)}"
    axis = "Score over the threshold, in deviations of benign rows"
    corpus = _histogram(drawn(screen.histogram, 0.0), (titles[0], ""), domain, label)
    below = _histogram(bins(benign, 0.0, step), (titles[1], axis), domain, "")
    return alt.vconcat(*(one.properties(width=WIDTH, height=HEIGHT) for one in (corpus, below)))


def _histogram(rows: Rows, titles: tuple[str, str], domain: list[float], label: str) -> Figure:
    title, axis = titles
    x = alt.X(
        "from:Q",
        bin="binned",
        title=axis or None,
        scale=alt.Scale(domain=domain, nice=False),
        axis=alt.Axis(grid=False, tickCount=9),
    )
    bars = (
        alt.Chart(data(rows), title=title)
        .mark_bar(stroke="#ffffff", strokeWidth=0.5)
        .encode(
            x=x,
            x2="to:Q",
            y=alt.Y("rows:Q", title="Rows", axis=alt.Axis(tickCount=4, tickMinStep=1, format="d")),
            color=alt.Color("colour:N", scale=None),
        )
    )
    rule = alt.Chart(data([{"at": 0.0, "label": label}]))
    is_right = domain[0] + 0.75 * (domain[1] - domain[0]) < 0
    text = rule.mark_text(align="right" if is_right else "left", dx=-6 if is_right else 6, fontSize=12, color=INK)
    figure: Figure = alt.layer(
        bars,
        rule.mark_rule(color=INK, strokeWidth=1.5, strokeDash=[4, 3]).encode(x="at:Q"),
        text.encode(x="at:Q", y=alt.value(6), text="label:N"),
    )
    return figure
