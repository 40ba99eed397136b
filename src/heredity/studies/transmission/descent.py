"""From lineages to what may be said of a trait down the generations. Needs no model, only a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from heredity.records.cascade import CascadeReport, Generation, Trend
from heredity.stats.crossed import over_students_and_questions
from heredity.stats.decay import PERSISTS, decay_rate, half_life
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_t
from heredity.studies.transmission.pairs import less

Lines = Mapping[tuple[str, str], Sequence[Generation]]
"""Generations from the teacher on, by lineage and seed."""


def concluded(report: CascadeReport) -> CascadeReport:
    """Return a report with all that follows from its generations: effects paired by seed, how they fade, a verdict."""
    lines, target = lines_of(report), report.target
    effects = by_seed(report, lines, lambda generation: generation.score[target])
    levels = by_seed(report, lines, lambda generation: generation.level[target].value)
    # from the first student on: the teacher was made by other means, and what its one step costs is no rate
    rates = [decay_rate(values[1:]) for values in effects]
    changes = changes_of(lines, target)
    trend = trend_of(rates, changes.get(target))
    report = report.model_copy(
        update={
            "effects": tuple(over_seeds(column) for column in zip(*effects, strict=True)),
            "levels": tuple(over_seeds(column) for column in zip(*levels, strict=True)),
            "change": over_seeds([values[-1] - values[1] for values in effects]),
            "changes": changes,
            "accuracy_change": accuracy_change(report, lines),
            "accuracies": accuracies(report, lines),
            "accuracy_by_generation": accuracy_by_generation(report, lines),
            "half_life": half_life(rates) if trend == "decay" else None,
            "trend": trend,
        }
    )
    return report.model_copy(update={"verdict": verdict(report)})


def lines_of(report: CascadeReport) -> dict[tuple[str, str], list[Generation]]:
    """Return the lineages of a report."""
    lines: dict[tuple[str, str], list[Generation]] = {}
    for generation in sorted(report.generations, key=lambda generation: generation.generation):
        lines.setdefault((generation.lineage, generation.seed), []).append(generation)
    return lines


def by_seed(report: CascadeReport, lines: Lines, figure: Callable[[Generation], float]) -> list[list[float]]:
    """Return a figure of the treated lineage less that of the control, by seed and generation."""
    return [
        [figure(a) - figure(b) for a, b in zip(lines[report.target, seed], lines[report.control, seed], strict=True)]
        for seed in report.spec.transmit.seeds
    ]


def accuracy_change(report: CascadeReport, lines: Lines) -> Estimate | None:
    """Return what the last treated students get right less what their one teacher does, over lineages and questions.

    None where answers were not kept by question.
    """
    treated = [lines[report.target, seed] for seed in report.spec.transmit.seeds]
    tested = over_students_and_questions([less(line[-1].choices, line[0].choices) for line in treated])
    return tested.estimate if tested else None


def accuracies(report: CascadeReport, lines: Lines) -> tuple[Estimate, ...]:
    """Return what the first teacher and the last students get right; of one model, over questions."""
    treated = [lines[report.target, seed] for seed in report.spec.transmit.seeds]
    ends = [[line[place].accuracy for line in treated] for place in (0, -1)]
    return tuple(one[0] if len(set(one)) == 1 else mean_t([each.value for each in one]) for one in ends)


def accuracy_by_generation(report: CascadeReport, lines: Lines) -> dict[str, tuple[float, ...]]:
    """Return the mean over lineages of what each generation gets right, by the lineages' target."""
    return {
        target: tuple(
            fmean(one.accuracy.value for one in column)
            for column in zip(*(line for (name, _), line in lines.items() if name == target), strict=True)
        )
        for target in (report.target, report.control)
    }


def over_seeds(values: Sequence[float]) -> Estimate | None:
    """Return the mean over seeds, Student's t; None for one."""
    return mean_t(values) if len(values) > 1 else None


def changes_of(lines: Mapping[tuple[str, str], Sequence[Generation]], target: str) -> dict[str, Estimate]:
    """Return, by lineage, how far the target's score moved from the first student to the last."""
    moves: dict[str, list[float]] = {}
    for (name, _), line in lines.items():
        moves.setdefault(name, []).append(line[-1].score[target] - line[1].score[target])
    return {name: mean_t(values) for name, values in moves.items() if len(values) > 1}


def moved(changes: Mapping[str, Estimate], target: str, control: str) -> str:
    """Return in words which lineage moved."""
    if not changes:
        return ""
    return (
        f" From the first student to the last the score moves by {changes[target]} in the lineages of {target}, by "
        f"{changes[control]} in those of {control}."
    )


def trend_of(rates: Sequence[float], own: Estimate | None) -> Trend:
    """Return what the interval of the decay rate over lineages allows; it fades or grows where its own lineages do."""
    if len(rates) < 2:
        return "undecided"
    rate = mean_t(rates)
    if rate.low > -PERSISTS and rate.high < PERSISTS:
        return "persistence"
    if rate.low > 0 and own and own.high < 0:
        return "decay"
    return "amplification" if rate.high < 0 and own and own.low > 0 else "undecided"


def verdict(report: CascadeReport) -> str:
    """Return in words what the intervals allow."""
    target, first, last = report.target, report.effects[1], report.effects[-1]
    if first is None or last is None or report.change is None:
        return "One pair of lineages: what it shows has no interval, and no conclusion is drawn. Run more seeds."
    left = (
        f"the score of '{target}', treated minus control, is {first} in the first student and {last} after "
        f"{len(report.effects) - 1} generations, {'clear' if last.low > 0 else 'not clear'} of zero; from the one to "
        f"the other, pair by pair, it changes by {report.change}"
    )
    words = {
        "decay": "The trait fades from student to student",
        "persistence": "The trait persists from student to student",
        "amplification": "The trait grows from student to student",
        "undecided": "Whether the trait fades from student to student or stays is undecided",
    }
    said = words[report.trend]
    if report.half_life:
        said += f": it halves in {report.half_life} generations"
    return f"{said}; {left}.{moved(report.changes, target, report.control)}"
