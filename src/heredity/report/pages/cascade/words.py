"""What a cascade's report says: its lineages, their pairs, and its answers, claiming what intervals allow."""

from __future__ import annotations

from dataclasses import dataclass

from heredity.ground.words import titled
from heredity.records.cascade import CascadeReport, Generation, Trend
from heredity.report.kit.measures import ACCURACY, NO_CHANGE, ableness, wording
from heredity.report.kit.replies import KeyFigure, Reply
from heredity.stats.estimate import Estimate

TRENDS: dict[Trend, str] = {
    "decay": "It fades",
    "persistence": "It persists",
    "amplification": "It grows",
    "undecided": "Not decided",
}
GENERATIONS = ".1f"
SMALLEST = 1e-9
"""What rounding leaves of a difference that is none."""
ONE_PAIR = "one pair of lineages has no interval"


@dataclass(frozen=True)
class Lineage:
    """One line of students, each the teacher of the next, from the first teacher on."""

    target: str
    """What its first teacher prefers."""
    seed: str
    generations: tuple[Generation, ...]
    is_treated: bool

    @property
    def dress(self) -> str:
        """The class of its colour."""
        return "plain" if self.is_treated else "kept"


@dataclass(frozen=True)
class Line:
    """One generation of the table of effects."""

    generation: int
    name: str
    effect: Estimate | None
    effect_level: Estimate | None
    treated: float | None
    """Mean accuracy of the treated lineages."""
    control: float | None


def lineages(report: CascadeReport) -> tuple[Lineage, ...]:
    """Return the lineages, treated ones first, each in the order of its generations."""
    keys = dict.fromkeys((generation.lineage, generation.seed) for generation in report.generations)
    found = [Lineage(name, seed, _descent(report, name, seed), name == report.target) for name, seed in keys]
    return tuple(sorted(found, key=lambda lineage: not lineage.is_treated))


def differences(report: CascadeReport) -> dict[str, dict[int, float]]:
    """Return treated minus control score of the target, by seed and generation."""
    scores = {
        (lineage.is_treated, lineage.seed): {g.generation: g.score[report.target] for g in lineage.generations}
        for lineage in lineages(report)
    }
    return {
        seed: {g: score - scores[False, seed][g] for g, score in line.items() if g in scores[False, seed]}
        for (is_treated, seed), line in scores.items()
        if is_treated and (False, seed) in scores
    }


def lines(report: CascadeReport) -> list[Line]:
    """Return the table of effects, generation by generation."""
    mains = (report.target, report.control)
    return [
        Line(place, named(place), effect, shown, *(_accuracy(report, name, place) for name in mains))
        for place, (effect, shown) in enumerate(zip(report.effects, report.levels, strict=True))
    ]


def named(generation: int) -> str:
    """Return what to call a generation."""
    return "Teacher" if generation == 0 else f"Student {generation}"


def has_width(effect: Estimate) -> bool:
    """Whether an effect's interval has any: that of generation 0 has none where all seeds share one teacher."""
    return effect.high - effect.low > SMALLEST


def why_no_interval(report: CascadeReport) -> str:
    """Return why effects have none."""
    return ONE_PAIR if len(differences(report)) == 1 else "no effect was computed"


def replies(report: CascadeReport) -> tuple[Reply, ...]:
    """Return the answers: what becomes of the trait, how fast, and what becomes of the students."""
    return (what_becomes(report), how_fast(report), are_they_able(report))


def what_becomes(report: CascadeReport) -> Reply:
    """Answer whether the trait fades, persists or grows."""
    words = wording(report)
    figures = tuple(
        KeyFigure(f"{named(place)}, {words.unit}", effect, words.change_form)
        for place, effect in enumerate(report.effects)
        if effect is not None and place in (1, len(report.effects) - 1)
    )
    if report.change is not None:
        figures = (*figures, KeyFigure(f"Its change, {words.unit}", report.change, words.change_form))
    reason = f"{titled(words.score)}, treated minus control lineage, down {report.spec.n_generations} generations."
    if not figures:
        reason = f"{titled(why_no_interval(report))}. {reason}"
    return Reply("What becomes of the trait?", TRENDS[report.trend], reason, figures)


def how_fast(report: CascadeReport) -> Reply:
    """Answer in how many generations the effect halves."""
    question, half = "How fast?", report.half_life
    if half is None:
        reason = "The effect does not decay, or too few lineages say how fast."
        return Reply(question, "No half-life", reason, ())
    reason = "Generations in which the effect halves, over seeds."
    figures = (KeyFigure("Half-life, generations", half, GENERATIONS),)
    return Reply(question, f"Half in {half.value:{GENERATIONS}} generations", reason, figures)


def are_they_able(report: CascadeReport) -> Reply:
    """Answer what became of four-choice accuracy down the treated lineages."""
    ends = (named(0), named(len(report.effects) - 1))
    figures = tuple(
        KeyFigure(name, accuracy, ACCURACY) for name, accuracy in zip(ends, report.accuracies, strict=False)
    )
    reason = "Four-choice accuracy of the treated lineages, last generation less first, in percentage points."
    if report.accuracy_change is None:
        change = 100 * (figures[1].estimate.value - figures[0].estimate.value) if figures else 0.0
        return Reply("Are students as able?", f"{change:+.1f} points", f"{reason} {NO_CHANGE}", figures)
    change_figure = KeyFigure("Last less first, over lineages and questions", report.accuracy_change, "+.1%")
    return Reply("Are students as able?", ableness(report.accuracy_change), reason, (*figures, change_figure))


def course_in_words(report: CascadeReport) -> str:
    """Return the curves for who cannot see them."""
    words = wording(report)
    each = [
        f"{lineage.target} lineage of seed {lineage.seed}: "
        + ", ".join(f"{g.level[report.target].value:{words.level_form}}" for g in lineage.generations)
        for lineage in lineages(report)
    ]
    return f"{words.level} by generation, from the teacher on. {'; '.join(each)}"


def ability_in_words(report: CascadeReport) -> str:
    """Return the curves of accuracy for who cannot see them."""
    each = [
        f"{lineage.target} lineage of seed {lineage.seed}: "
        + ", ".join(f"{g.accuracy.value:{ACCURACY}}" for g in lineage.generations)
        for lineage in lineages(report)
    ]
    return f"Four-choice accuracy by generation, from the teacher on. {'; '.join(each)}"


def _descent(report: CascadeReport, name: str, seed: str) -> tuple[Generation, ...]:
    own = [generation for generation in report.generations if (generation.lineage, generation.seed) == (name, seed)]
    return tuple(sorted(own, key=lambda generation: generation.generation))


def _accuracy(report: CascadeReport, lineage: str, generation: int) -> float | None:
    found = report.accuracy_by_generation.get(lineage, ())
    return found[generation] if generation < len(found) else None
