"""The page of an origin."""

from __future__ import annotations

from heredity.ground.words import titled
from heredity.records.origin import BASE, OriginReport
from heredity.report.kit.asked import asked
from heredity.report.kit.replies import KeyFigure, Reply
from heredity.report.kit.sizes import twice
from heredity.report.kit.template import Files, rendered
from heredity.report.pages.origin import told
from heredity.report.pages.origin.figures import decisive, evidence_figure

ANSWERS: dict[str, str] = {
    "named": "By {best}",
    "unrivalled": "Not by the base",
    "trait": "By one of {best}'s trait",
    "nearest": "Not as {best} writes",
    "base": "By the untouched model",
    "undecided": "Not decided",
}


def files(report: OriginReport) -> Files:
    """Return the page's files."""
    return {"origin.html": html(report)}


def html(report: OriginReport) -> str:
    """Return the page as HTML."""
    return rendered(
        "pages/origin/page.html.jinja",
        report=report,
        replies=replies(report),
        evidence=twice(evidence_figure, report),
        in_words=in_words(report),
        decisive=decisive(report),
        fits={fit.name: fit for fit in report.fits},
        over_base={one.first: one for one in report.comparisons if one.second == BASE},
        ahead=report.ahead,
        said=told,
        asked=asked(report.spec),
    )


def replies(report: OriginReport) -> tuple[Reply, ...]:
    """Return the answers: who wrote them, whether they look as that writer's own, how many rows it took."""
    nearest = report.ahead[0]
    who = Reply(
        "Who wrote them?",
        ANSWERS[report.finding].format(best=report.best),
        f"The likeliest of {len(report.readings)} candidates is {report.best}; the next is {nearest.second}.",
        (KeyFigure(f"Over {nearest.second}, nats a row", nearest.nats, "+.3f"),),
    )
    fit = next(fit for fit in report.fits if fit.name == report.best)
    own = Reply(
        "As its own would be?",
        "No" if fit.p < report.spec.level else "Nothing speaks against it",
        f"In log p, in the ratio to the base and in how often its commonest tokens stand there: p {fit.p:.2g}.",
        (KeyFigure("Likelier than its own rows, nats a row", fit.excess, "+.3f"),),
    )
    took = f"{titled(told.rows_it_took(nearest))}, at {report.spec.level:.0%} over the whole panel."
    rows = Reply("How many rows does it take?", f"{report.n_rows} were read", f"From {nearest.second}: {took}", ())
    return who, own, rows


def in_words(report: OriginReport) -> str:
    """Return the evidence for who cannot see it."""
    each = [f"over {one.second} {one.nats.value * one.nats.n:+.1f} nats" for one in report.ahead]
    return f"Evidence for {report.best} after {report.n_rows} rows: {', '.join(each)}"
