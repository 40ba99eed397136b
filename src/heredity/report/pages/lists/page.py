"""The page of one more pair of students on bare lists."""

from __future__ import annotations

from heredity.records.lists import ListsReport
from heredity.report.kit.asked import asked
from heredity.report.kit.curves import CONTROL, TREATED, WHOLE, Axes, Curves, curves_figure, dashes_of
from heredity.report.kit.replies import KeyFigure, Reply
from heredity.report.kit.sizes import twice
from heredity.report.kit.template import Files, rendered
from heredity.report.kit.theme import Figure, padded

FORM = "+.2f"


def files(report: ListsReport) -> Files:
    """Return the page's files."""
    return {"lists.html": html(report)}


def html(report: ListsReport) -> str:
    """Return the page as HTML."""
    return rendered(
        "pages/lists/page.html.jinja",
        report=report,
        replies=replies(report),
        drawn=twice(leads_figure, report),
        in_words=in_words(report),
        asked=asked(report.student),
    )


def replies(report: ListsReport) -> tuple[Reply, ...]:
    """Return the answers: whether it crosses, and whether this pair is as foretold."""
    study, (low, high) = report.published_lead, report.foretold
    after = report.student.n_steps
    return (
        Reply(
            "Does it cross?",
            "A lead is shown" if study.low > 0 else "Not shown",
            f"A finished study of {study.n} pairs, after {after} updates: how far students are ahead of each other on "
            "their own teachers' animals, mean of the two. What that study denies stands below.",
            (KeyFigure("Lead, nats of log-odds", study, FORM),),
        ),
        Reply(
            "And here?",
            f"{report.lead:{FORM}}",
            f"One more pair, after {after} updates. A single pair has no interval; the study foretells {low:{FORM}} to "
            f"{high:{FORM}} for one more.",
            (),
        ),
        Reply(
            "What tells the lists apart?",
            f"{report.study.gap.value:.4f} nats a token",
            "By so much the two teachers differ on such lists: the same words, and none of them names an animal.",
            (KeyFigure("Divergence, nats a token", report.study.gap, ".4f"),),
        ),
    )


def leads_figure(report: ListsReport, *, is_narrow: bool = False) -> Figure:
    """Return the lead by update: this pair's, and those of the study's pairs."""
    study = tuple(
        tuple((float(step), lead) for step, lead in sorted({0: 0.0, **pair.leads}.items()))
        for pair in report.study.published
    )
    own = tuple((float(step), lead) for step, lead in sorted(report.leads.items()))
    groups = [
        Curves("this pair", TREATED, WHOLE, (own,)),
        Curves(f"{len(study)} pairs of the study", CONTROL, dashes_of(1), study),
    ]
    ends = [y for group in groups for line in group.lines for _, y in line]
    ticks = tuple(sorted({int(x) for line in (own, *study) for x, _ in line}))
    low, high = padded(ends, 0.08)
    return curves_figure(
        groups, Axes("Updates", "Lead on the own teacher's animal (nats)", low, high, FORM, ticks, is_narrow=is_narrow)
    )


def in_words(report: ListsReport) -> str:
    """Return the figure for who cannot see it."""
    course = ", ".join(f"{lead:{FORM}} after {step}" for step, lead in sorted(report.leads.items()))
    return f"Lead of this pair by updates: {course}; the study: {report.published_lead:{FORM}} after the last of them"
