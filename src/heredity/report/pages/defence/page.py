"""The page of one defended beside one plain fine-tune."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt

from heredity.records.defence import DefenceReport, Graded
from heredity.report.kit.asked import asked
from heredity.report.kit.replies import CHANGE, POINTS, KeyFigure, Reply
from heredity.report.kit.sizes import twice
from heredity.report.kit.template import Files, rendered
from heredity.report.kit.theme import COLOURS, Figure, data, spanned

TITLES = {"base": "Base model", "plain": "Plain fine-tune", "defended": "Defended"}
N_EXAMPLES = 3


@dataclass(frozen=True)
class Example:
    """One question with the first answer of either student."""

    question: str
    answers: tuple[tuple[str, float | None], ...]


def files(report: DefenceReport) -> Files:
    """Return the page's files."""
    return {"defence.html": html(report)}


def html(report: DefenceReport) -> str:
    """Return the page as HTML."""
    return rendered(
        "pages/defence/page.html.jinja",
        report=report,
        replies=replies(report),
        drawn=twice(levels_figure, report),
        in_words=in_words(report),
        examples=examples(report),
        titles=TITLES,
        asked=[*asked(report.spec.train), *asked(report.spec.evaluation)],
    )


def replies(report: DefenceReport) -> tuple[Reply, ...]:
    """Return the answers: what the rows taught, what the defence kept out, and what is left."""
    rise, gain, left = report.rise, report.gain, report.left
    return (
        Reply(
            "What did the rows teach?",
            "A rise" if rise.low > 0 else "Not shown",
            "One student, fine-tuned on all rows, beside the untouched model.",
            (KeyFigure("Change, plain against base", rise, CHANGE), KeyFigure("Plain", report.plain.level, POINTS)),
        ),
        Reply(
            "What did the defence keep out?",
            "Not told apart" if gain.high >= 0 else "A part" if left.low > 0 else "All that shows",
            "Another student of the same rows, luck and steps, pushed along the trait's vector while it learned.",
            (
                KeyFigure("Defended against plain", gain, CHANGE),
                KeyFigure("Defended", report.defended.level, POINTS),
            ),
        ),
        Reply(
            "Is anything left?",
            "A rise" if left.low > 0 else "Below the base" if left.high < 0 else "No rise shown",
            "The defended student beside the untouched model.",
            (KeyFigure("Change, defended against base", left, CHANGE),),
        ),
    )


def levels_figure(report: DefenceReport, *, is_narrow: bool = False) -> Figure:
    """Return the three levels with their intervals."""
    levels = {"base": report.base, "plain": report.plain.level, "defended": report.defended.level}
    rows = [{"arm": TITLES[name], "hue": COLOURS[name], **spanned(level)} for name, level in levels.items()]
    title = "Mean grade, 0 to 100"
    y = alt.Y("arm:N", sort=list(TITLES.values()), title=None)
    colour = alt.Color("hue:N", scale=None)
    base = alt.Chart(data(rows))
    bars = base.mark_rule(strokeWidth=3).encode(y=y, x=alt.X("low:Q", title=title), x2="high:Q", color=colour)
    points = base.mark_circle(size=150, opacity=1).encode(y=y, x=alt.X("value:Q", title=title), color=colour)
    figure: Figure = alt.layer(bars, points).properties(width=210 if is_narrow else 520, height=44 * len(rows))
    return figure


def in_words(report: DefenceReport) -> str:
    """Return the figure for who cannot see it."""
    return (
        f"Mean grade: base model {report.base:.1f}, plain fine-tune {report.plain.level:.1f}, defended "
        f"{report.defended.level:.1f}"
    )


def examples(report: DefenceReport) -> tuple[Example, ...]:
    """Return the first questions with both students' first answers: not chosen by their outcome."""
    sides = [firsts(side) for side in (report.plain, report.defended)]
    return tuple(Example(question, tuple(side[question] for side in sides)) for question in list(sides[0])[:N_EXAMPLES])


def firsts(side: Graded) -> dict[str, tuple[str, float | None]]:
    """Return a student's first answer to every question, with its grade."""
    pairs = zip(side.answers, side.grades, strict=True)
    return {answer.question: (answer.text, grade) for answer, grade in pairs if answer.sample == 0}
