"""The door of the small world: from one report of digits learnt from noise to a page on disk."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from heredity.ground.files import write_text
from heredity.records.small_world import SmallWorldReport
from heredity.report.page import require_figures
from heredity.report.template import rendered


def write_small_world(report: SmallWorldReport, folder: Path) -> Path:
    """Write `folder/digits.html`, whole or not at all; return its path.

    Raises MissingExtraError where altair or vl-convert is not installed, StorageError where the folder cannot be
    written.
    """
    return write_text(folder / "digits.html", render_small_world(report))


def render_small_world(report: SmallWorldReport) -> str:
    """Return the page as HTML. Raises MissingExtraError where figures cannot be drawn."""
    require_figures()
    from heredity.report.digits import accuracy_figure, steps_figure
    from heredity.report.figures import as_svg

    return rendered(
        "small_world.html.jinja",
        report=report,
        accuracy=Markup(as_svg(accuracy_figure(report))),
        steps=Markup(as_svg(steps_figure(report))),
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
