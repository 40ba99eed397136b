"""The page of the small world."""

from __future__ import annotations

from heredity.records.small_world import SmallWorldReport
from heredity.report.kit.draw import inline
from heredity.report.kit.template import Files, rendered
from heredity.report.pages.small_world.figures import accuracy_figure, steps_figure


def files(report: SmallWorldReport) -> Files:
    """Return the page's files."""
    return {"digits.html": html(report)}


def html(report: SmallWorldReport) -> str:
    """Return the page as HTML."""
    return rendered(
        "pages/small_world/page.html.jinja",
        report=report,
        accuracy=inline(accuracy_figure(report)),
        steps=inline(steps_figure(report)),
        asked=asked(report),
    )


def asked(report: SmallWorldReport) -> list[tuple[str, str, str]]:
    """Return name, value and meaning of all that was asked for; a tuple is told by its ends."""
    spec = report.spec
    rows = []
    for name, field in type(spec).model_fields.items():
        value = getattr(spec, name)
        told = f"{value[0]:g} to {value[-1]:g}, {len(value)} of them" if isinstance(value, tuple) else f"{value:g}"
        rows.append((name.replace("_", " "), told, str(field.description)))
    return rows
