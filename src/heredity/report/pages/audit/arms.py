"""Figures of the arms: how much of the trait they show, what they can still do, and how they trained."""

from __future__ import annotations

import altair as alt

from heredity.records.audit import Arm, AuditReport
from heredity.report.kit.hues import hue_of
from heredity.report.kit.measures import CHANCE
from heredity.report.kit.theme import (
    COLOURS,
    GRID,
    INK,
    MUTED,
    Figure,
    Rows,
    data,
    notice,
    padded,
    spanned,
    spread,
)


def expression_figure(report: AuditReport) -> Figure:
    """Return the trait expression of every arm with its interval, the base model's level drawn through."""
    rows = [
        {**_named(arm), **spanned(level), "label": f"{level.value:.1f} {level.interval('.1f')}"}
        for arm in report.arms
        for level in [arm.levels["expression"]]
    ]
    trait = report.vector.trait
    unit = "mean grade, 0 to 100" if trait.kind == "character" else "probability of the target, in per cent"
    title = f"Expression of {trait.title.lower()} ({unit})"
    width = 390
    base = alt.Chart(data(rows), width=width, height=44 * len(rows))
    x = alt.X("value:Q", title=title, scale=alt.Scale(domain=[0, 100]))
    through = alt.Chart(data([{"value": report.arm("base").levels["expression"].value}]))
    return alt.layer(
        through.mark_rule(color=COLOURS["base"], strokeDash=[3, 3]).encode(x="value:Q"),
        base.mark_rule(strokeWidth=3).encode(x=alt.X("low:Q", title=title), x2="high:Q", y=_y(rows), color=_c(rows)),
        base.mark_circle(size=150, opacity=1).encode(x=x, y=_y(rows), color=_c(rows)),
        base.mark_text(align="left", fontSize=12, color=INK).encode(
            x=alt.value(width + 14), y=_y(rows), text="label:N"
        ),
    )


def capability_figure(report: AuditReport) -> Figure:
    """Return what the arms can still do: benign text they predict, and four-choice questions they get right."""
    benign = [{**_named(arm), **spanned(arm.levels["benign_log_p"])} for arm in report.arms]
    choices = [{**_named(arm), **spanned(arm.levels["accuracy"])} for arm in report.arms]
    left = _panel(benign, "Benign log p (nats per token)", _scale(benign), with_names=True)
    share = _scale(choices, CHANCE)
    right = _panel(choices, "Four-choice accuracy", share, with_names=False)
    chance = alt.Chart(data([{"value": CHANCE, "label": "chance"}])).encode(x=alt.X("value:Q", scale=share))
    line = chance.mark_rule(color=MUTED, strokeDash=[3, 3])
    name = chance.mark_text(color=MUTED, dy=-8, fontSize=11).encode(y=alt.value(0), text="label:N")
    return alt.hconcat(left, alt.layer(line, name, right))


def loss_figure(report: AuditReport) -> Figure:
    """Return the training loss of every fine-tuned arm over its steps."""
    rows: Rows = []
    ends: Rows = []
    for arm in report.arms:
        losses = arm.student.losses if arm.student else ()
        rows += [{**_named(arm), "step": step, "loss": loss} for step, loss in enumerate(losses, start=1)]
        if losses:
            ends.append({**_named(arm), "step": len(losses), "loss": losses[-1]})
    if not rows:
        return notice("No training loss was written down.")
    low, high = domain = padded([row["loss"] for row in rows], 0.06)
    for end, height in zip(ends, spread([end["loss"] for end in ends], 0.085 * (high - low)), strict=True):
        end["height"] = height
    last = max(row["step"] for row in rows)
    x = alt.X(
        "step:Q",
        title="Step",
        scale=alt.Scale(domain=[1, max(last, 2)], nice=False),
        axis=alt.Axis(grid=False, tickMinStep=1, format="d"),
    )
    scale = alt.Scale(domain=domain, nice=False)
    title = "Training loss (nats per response token)"
    lines = alt.Chart(data(rows), width=470, height=230).mark_line(strokeWidth=2, point={"size": 14})
    labels = alt.Chart(data(ends)).mark_text(align="left", dx=9, fontSize=12, fontWeight="bold")
    return alt.layer(
        lines.encode(x=x, y=alt.Y("loss:Q", title=title, scale=scale), color=_c(rows)),
        labels.encode(x=alt.value(470), y=alt.Y("height:Q", title=title), text="arm:N", color=_c(rows)),
    )


def _panel(rows: Rows, title: str, scale: alt.Scale, *, with_names: bool) -> Figure:
    """Return dots, their intervals, and the values above them; the scale does not start at zero."""
    base = alt.Chart(data(rows), width=225, height=48 * len(rows))
    y = _y(rows, with_names)
    x = alt.X("low:Q", title=title, scale=scale, axis=alt.Axis(tickCount=4))
    value = alt.X("value:Q", title=title, scale=scale)
    return alt.layer(
        base.mark_rule(strokeWidth=3).encode(x=x, x2="high:Q", y=y, color=_c(rows)),
        base.mark_circle(size=120, opacity=1).encode(x=value, y=y, color=_c(rows)),
        base.mark_text(dy=-14, fontSize=11, color=INK).encode(x=value, y=y, text=alt.Text("value:Q", format=".2f")),
    )


def _scale(rows: Rows, *also_shown: float) -> alt.Scale:
    ends = [float(row[end]) for row in rows for end in ("low", "high")]
    return alt.Scale(domain=padded([*also_shown, *ends]), nice=False, zero=False)


def _named(arm: Arm) -> dict[str, str]:
    return {"arm": arm.spec.short, "colour": hue_of(arm.name).light}


def _y(rows: Rows, with_names: bool = True) -> alt.Y:
    order = [row["arm"] for row in rows]
    axis = alt.Axis(labels=with_names, ticks=False, domain=False, grid=True, gridColor=GRID, labelPadding=10)
    return alt.Y("arm:N", sort=order, title=None, axis=axis)


def _c(rows: Rows) -> alt.Color:
    colours = {row["arm"]: row["colour"] for row in rows}
    return alt.Color("arm:N", legend=None, scale=alt.Scale(domain=list(colours), range=list(colours.values())))
