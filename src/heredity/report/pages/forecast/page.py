"""The page of a forecast."""

from __future__ import annotations

from heredity.records.forecast import ForecastReport
from heredity.report.kit.asked import asked
from heredity.report.kit.replies import KeyFigure, Reply
from heredity.report.kit.sizes import twice
from heredity.report.kit.template import Files, rendered
from heredity.report.pages.forecast import told
from heredity.report.pages.forecast.figures import pushes_figure

FORM = "+.1f"
FORETOLD = {
    "more": "More of it",
    "less": "Less of it",
    "no change": "No change",
    "no difference": "Nothing",
    "undecided": "Not decided",
}

LUCK = {"more": "None of these did", "less": "None of these did", "undecided": "They do the like"}


def files(report: ForecastReport) -> Files:
    """Return the page's files."""
    return {"forecast.html": html(report)}


def html(report: ForecastReport) -> str:
    """Return the page as HTML."""
    return rendered(
        "pages/forecast/page.html.jinja",
        report=report,
        replies=replies(report),
        pushes=twice(pushes_figure, report),
        in_words=f"the rows {report.change:+.1f}; " + "; ".join(f"random {one:+.1f}" for one in report.controls),
        said=told,
        asked=asked(report.spec),
    )


def replies(report: ForecastReport) -> tuple[Reply, ...]:
    """Return the answers: what is foretold, whether random pushes do the like, and how far the rows lie."""
    what = Reply(
        f"What becomes of {report.trait}?",
        FORETOLD[report.expectation],
        "The model's answers to the trait's questions, pushed along what tells the rows from its own answers.",
        (KeyFigure("Change, points", report.change, FORM), KeyFigure("Without a push", report.level, ".1f")),
    )
    luck = Reply(
        "Do random pushes do it?",
        LUCK.get(report.expectation, "Nothing to compare"),
        f"{told.by_luck(report)[:1].upper()}{told.by_luck(report)[1:]}. Below: less the mean of them.",
        (KeyFigure("Beyond them, points", report.beyond, FORM),),
    )
    far = Reply(
        "Do the rows differ at all?",
        "Yes" if report.expectation != "no difference" else "Not told",
        f"{told.length(report)[:1].upper()}{told.length(report)[1:]}.",
        (),
    )
    return what, luck, far
