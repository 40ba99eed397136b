"""Figures of a study of preferences: the trait by step, and what training and defences did to it."""

from __future__ import annotations

from heredity.records.feedback import CONTROL, TRAINED, FeedbackReport
from heredity.report.kit.curves import Axes, Curves, curves_figure, dashes_of
from heredity.report.kit.hues import hue_of
from heredity.report.kit.spans import Span, Wording, spans_figure
from heredity.report.kit.theme import Figure, padded


def course_figure(report: FeedbackReport, *, is_narrow: bool = False) -> Figure:
    """Return the trait of every arm by step: a thin line a run, a bold one for their mean, the base drawn through."""
    start, *later = report.points
    base = start.by_run["base"]
    curves = [
        Curves(
            arm.spec.short,
            hue_of(arm.name).light,
            dashes_of(place),
            tuple(
                ((0.0, before), *((float(point.step), point.by_run[arm.name][run]) for point in later))
                for run, before in enumerate(base)
            ),
        )
        for place, arm in enumerate(report.arms[1:])
    ]
    low, high = padded([y for group in curves for line in group.lines for _, y in line], 0.08)
    ticks = tuple(point.step for point in report.points)
    axes = Axes("Optimizer steps", f"{report.vector.trait.title} (0-100)", low, high, ".1f", ticks, is_narrow=is_narrow)
    return curves_figure(curves, axes, ("base", report.arm("base").levels["expression"].value))


def effects_figure(report: FeedbackReport, *, is_narrow: bool = False) -> Figure:
    """Return what every trained arm shows beside the control, and what the control shows beside the base."""
    spans = [
        Span(f"{arm.spec.short} less control", report.difference("expression", arm.name, CONTROL), arm.name == TRAINED)
        for arm in report.arms
        if arm.name == TRAINED or arm.spec.defence
    ]
    spans.append(Span("Control less base", report.difference("expression", CONTROL, "base"), False))
    wording = Wording(
        axis=f"Points of {report.vector.trait.title.lower()} (of 100) at the last step",
        narrow_axis="Points",
        title="Differences of arms, paired by question",
        narrow_title="Differences",
    )
    return spans_figure(spans, wording, is_narrow=is_narrow)
