"""The page of a scan."""

from __future__ import annotations

from heredity.records.scan import ScanReport
from heredity.report.kit import tint
from heredity.report.kit.asked import asked
from heredity.report.kit.replies import KeyFigure, Reply
from heredity.report.kit.scanned import read
from heredity.report.kit.sizes import twice
from heredity.report.kit.template import Files, rendered
from heredity.report.pages.scan import told
from heredity.report.pages.scan.figures import shifts_figure
from heredity.stats.estimate import Estimate

FORM = "+.2f"


def files(report: ScanReport) -> Files:
    """Return the page's files."""
    return {"scan.html": html(report)}


def html(report: ScanReport) -> str:
    """Return the page as HTML."""
    return rendered(
        "pages/scan/page.html.jinja",
        report=report,
        replies=replies(report),
        shifts=twice(shifts_figure, report),
        in_words="; ".join(f"{trait.trait} {trait.shift.value:+.2f}" for trait in report.traits),
        furthest=report.shown or report.traits[:1],
        said=told,
        tint=tint,
        tinted=tinted,
        widest=widest(report),
        sources=list(report.traits[0].by_source),
        asked=asked(report.spec),
    )


def replies(report: ScanReport) -> tuple[Reply, ...]:
    """Return the answers: what they hold, in which rows, and what else there is."""
    foremost = (report.shown or report.traits)[0]
    what = Reply(
        "What do they hold?",
        f"{'More' if foremost.shift.value > 0 else 'Less'} {foremost.trait}" if report.shown else "No trait is shown",
        f"{len(report.shown)} of {len(report.traits)} traits are shown. {read(report)}.",
        (KeyFigure(f"Shift of {foremost.trait}", foremost.shift, FORM),),
    )
    which = Reply(
        "In which rows?",
        f"{foremost.carried_by} of {report.n_units}" if report.shown and foremost.carried_by else "Not told",
        "The fewest, the furthest first, without which nothing of the shift is left; were all of them alike, it "
        f"would take {foremost.carried_if_alike}. Far fewer than that: some of them hold more than their share.",
        (),
    )
    rest = report.left_over
    is_bare = rest.p >= report.spec.level
    beyond = Reply(
        "What else?",
        "Nothing that is told" if rest.share is None or is_bare else f"{rest.share:.0%} is no trait",
        f"{told.beyond(report)[:1].upper()}{told.beyond(report)[1:]}.",
        (),
    )
    return what, which, beyond


def widest(report: ScanReport) -> float:
    """Return the largest shift of a trait in a topic or a source, for the tints."""
    cells = [cell for trait in report.traits for cell in (*trait.by_topic, *trait.by_source.values()) if cell]
    return max((abs(cell.value) for cell in cells), default=1.0) or 1.0


def tinted(cell: Estimate, most: float) -> str:
    """Return how a cell is drawn: tinted where it is clear of zero, hollow where it is not."""
    return f"over t{tint.level(cell.value / most)}" if cell.is_clear_of_zero else "luck"
