"""The audit's page, and its figures as files of their own."""

from __future__ import annotations

from markupsafe import Markup

from heredity.records.audit import AuditReport
from heredity.report.kit import replies
from heredity.report.kit.draw import Drawing
from heredity.report.kit.flags import basis_of
from heredity.report.kit.hues import hue_of
from heredity.report.kit.template import Files, rendered
from heredity.report.pages.audit import answers, tables
from heredity.report.pages.audit.figures import draw

N_WORST = 3
"""Rows at the head of the page."""


def files(report: AuditReport) -> Files:
    """Return the figures as SVG and PNG, and the page."""
    drawings = draw(report)
    drawn: Files = {}
    for drawing in drawings:
        drawn |= {f"figures/{drawing.name}.svg": drawing.svg, f"figures/{drawing.name}.png": drawing.png}
    return drawn | {"report.html": html(report, drawings)}


def html(report: AuditReport, drawings: tuple[Drawing, ...]) -> str:
    """Return the page as HTML."""
    return rendered(
        "pages/audit/page.html.jinja",
        report=report,
        figures={drawing.name: Markup(drawing.svg) for drawing in drawings},
        N_WORST=N_WORST,
        replies=answers.replies(report),
        basis=basis_of(report.screen),
        hue_of=hue_of,
        asked=flat(report),
        tables=tables,
        forms=replies,
    )


def flat(report: AuditReport) -> list[tuple[str, str | int | float | bool | None]]:
    """Return what was asked for as `step.field` entries, and how every answer is drawn."""
    entries: list[tuple[str, str | int | float | bool | None]] = []
    for step, fields in report.spec.model_dump(
        exclude={"seed": True, "arms": True, "screen": {"act", "engine"}}
    ).items():
        if not isinstance(fields, dict):
            entries.append((step, fields))
            continue
        for name, value in fields.items():
            entries.append((f"{step}.{name}", ", ".join(map(str, value)) if isinstance(value, tuple) else value))
    entries.append(("arms", ", ".join(arm.name for arm in report.spec.every_arm)))
    return [*entries, *((f"sampling.{name}", value) for name, value in report.provenance.sampling.items())]
