"""The door of the monitor: from one report of what was read to a page on disk."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from heredity.ground.files import write_text
from heredity.records.monitor import MonitorReport
from heredity.report import alarms, heat, tint
from heredity.report.page import require_figures
from heredity.report.template import rendered


def write_monitor(report: MonitorReport, folder: Path) -> Path:
    """Write `folder/monitor.html`, whole or not at all; return its path.

    Raises MissingExtraError where altair or vl-convert is not installed, StorageError where the folder cannot be
    written.
    """
    return write_text(folder / "monitor.html", render_monitor(report))


def render_monitor(report: MonitorReport) -> str:
    """Return the page as HTML. Raises MissingExtraError where figures cannot be drawn."""
    require_figures()
    from heredity.report import course
    from heredity.report.figures import as_svg

    ranked = heat.lines(report)
    return rendered(
        "monitor.html.jinja",
        report=report,
        names=alarms.labels(report.probes),
        ranked=ranked,
        n_shown=heat.n_shown(ranked),
        chosen=ranked[0].strongest if ranked else 0,
        has_turns=course.has_turns(report),
        n_lines=course.N_LINES,
        course=Markup(as_svg(course.course_figure(report))),
        agreement=Markup(as_svg(course.agreement_figure(report))) if report.correlations else None,
        alarms=alarms,
        heat=heat,
        tint=tint,
    )
