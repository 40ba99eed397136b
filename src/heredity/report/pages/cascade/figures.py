"""Figures of a cascade: the trait and the students' ability, generation by generation."""

from __future__ import annotations

from collections.abc import Callable

import altair as alt

from heredity.ground.words import titled
from heredity.records.cascade import CascadeReport, Generation
from heredity.report.kit.curves import CONTROL, TREATED, WHOLE, Axes, Curves, curves_figure, dashes_of, top_of
from heredity.report.kit.measures import ACCURACY, CHANCE, wording
from heredity.report.kit.theme import INK, Figure, padded
from heredity.report.pages.cascade.words import differences, lineages

X = "Generation (0: the teacher)"


def course_figure(report: CascadeReport, *, is_narrow: bool = False) -> Figure:
    """Return the target's level by generation, and the effect: a thin line a lineage or a pair, bold ones for means."""
    words = wording(report)
    levels = _curves(report, lambda generation: generation.level[report.target].value)
    top = top_of([y for group in levels for line in group.lines for _, y in line])
    above = Axes(X, titled(words.level), 0.0, top, words.level_form, _ticks(report), is_narrow=is_narrow)
    panels = [curves_figure(levels, above)]
    if any(differences(report).values()):
        panels.append(_effects_panel(report, is_narrow))
    drawn: Figure = alt.vconcat(*panels)
    return drawn


def ability_figure(report: CascadeReport, *, is_narrow: bool = False) -> Figure:
    """Return four-choice accuracy by generation."""
    curves = _curves(report, lambda generation: generation.accuracy.value)
    low, high = padded([CHANCE, *(y for group in curves for line in group.lines for _, y in line)], 0.1)
    axes = Axes(X, "Four-choice accuracy", low, high, ACCURACY, _ticks(report), 190, is_narrow)
    return curves_figure(curves, axes, ("chance 25%", CHANCE))


def _effects_panel(report: CascadeReport, is_narrow: bool) -> Figure:
    words = wording(report)
    spans = tuple(
        (float(g), estimate.low, estimate.high) for g, estimate in enumerate(report.effects) if estimate is not None
    )
    lines = tuple(tuple((float(g), y) for g, y in line.items()) for line in differences(report).values())
    ends = [0.0, *(y for line in lines for _, y in line), *(end for _, *span in spans for end in span)]
    low, high = padded(ends, 0.06)
    title = f"Treated minus control ({words.unit})"
    axes = Axes(X, title, low, high, words.change_form, _ticks(report), 190, is_narrow)
    effect = Curves("effect" if spans else "one pair:", INK, WHOLE, lines, spans)
    return curves_figure([effect], axes, ("no effect", 0.0))


def _curves(report: CascadeReport, value: Callable[[Generation], float]) -> list[Curves]:
    found = lineages(report)
    return [
        Curves(
            f"{name}: {target} lineage",
            (TREATED, CONTROL)[place],
            dashes_of(place),
            tuple(
                tuple((float(g.generation), value(g)) for g in lineage.generations)
                for lineage in found
                if lineage.target == target
            ),
        )
        for place, (name, target) in enumerate((("treated", report.target), ("control", report.control)))
        if any(lineage.target == target for lineage in found)
    ]


def _ticks(report: CascadeReport) -> tuple[int, ...]:
    return tuple(sorted({generation.generation for generation in report.generations}))
