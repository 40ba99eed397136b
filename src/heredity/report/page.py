"""The door: from one audit to a page on disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from heredity.ground.extras import require_extra
from heredity.ground.files import write_bytes, write_text
from heredity.records.audit import AuditReport
from heredity.report import answers
from heredity.report.template import rendered

if TYPE_CHECKING:
    from heredity.report.figures import Drawing


def write_report(report: AuditReport, folder: Path) -> Path:
    """Write `folder/report.html`, and the figures as PNG and SVG in `folder/figures`; return the page's path.

    Every file is whole or absent, and the page comes last. Raises MissingExtraError where altair or vl-convert is
    not installed, StorageError where the folder cannot be written.
    """
    require_figures()
    from heredity.report.figures import draw

    drawings = draw(report)
    page = render(report, drawings)
    for drawing in drawings:
        write_text(folder / "figures" / f"{drawing.name}.svg", drawing.svg)
        write_bytes(folder / "figures" / f"{drawing.name}.png", drawing.png)
    return write_text(folder / "report.html", page)


def require_figures() -> None:
    """Raise MissingExtraError unless figures can be drawn; cheap enough to ask before hours are spent."""
    require_extra("report")


def render(report: AuditReport, drawings: tuple[Drawing, ...]) -> str:
    """Return the page as HTML."""
    figures = {drawing.name: Markup(drawing.svg) for drawing in drawings}
    return rendered("page.html.jinja", report=report, figures=figures, answers=answers)
