"""The page of a monitor: token heat, turns, agreement."""

from __future__ import annotations

from heredity.records.monitor import MonitorReport
from heredity.report.kit import tint
from heredity.report.kit.draw import inline
from heredity.report.kit.template import Files, rendered
from heredity.report.kit.text import by_reason
from heredity.report.pages.monitor import tables, words
from heredity.report.pages.monitor.figures import N_LINES, agreement_figure, course_figure, has_turns


def files(report: MonitorReport) -> Files:
    """Return the page's files."""
    return {"monitor.html": html(report)}


def html(report: MonitorReport) -> str:
    """Return the page as HTML."""
    ranked = tables.lines(report)
    return rendered(
        "pages/monitor/page.html.jinja",
        report=report,
        names=words.labels(report.probes),
        ranked=ranked,
        n_shown=tables.n_shown(ranked),
        chosen=ranked[0].strongest if ranked else 0,
        has_turns=has_turns(report),
        n_lines=N_LINES,
        course=inline(course_figure(report)),
        agreement=inline(agreement_figure(report)) if report.correlations else None,
        excluded=by_reason(report.excluded),
        said=words,
        tables=tables,
        tint=tint,
    )
