"""The page of a distillation."""

from __future__ import annotations

from collections.abc import Sequence

from heredity.records.distillation import Contrast, DistillationReport, Inherited
from heredity.report.kit.sizes import twice
from heredity.report.kit.template import Files, rendered
from heredity.report.pages.distillation.figures import marks, moved_figure


def files(report: DistillationReport) -> Files:
    """Return the page's files."""
    return {"distillation.html": html(report)}


def html(report: DistillationReport) -> str:
    """Return the page as HTML."""
    return rendered(
        "pages/distillation/page.html.jinja",
        report=report,
        moved=twice(moved_figure, report),
        in_words=in_words(marks(report)),
        lines=lines(report),
        imitated=report.imitations,
        read=tuple(report.meaning),
    )


def lines(report: DistillationReport) -> list[tuple[Inherited, Inherited]]:
    """Return every carrier and teacher: its trait, and the skill of the same students."""
    table = list(report.table)
    return list(zip(table[::2], table[1::2], strict=True))


def in_words(marks: Sequence[tuple[str, str, str, Contrast]]) -> str:
    """Return the figure for who cannot see it."""
    return "; ".join(
        f"{carrier}, teacher of {name}: {kind} {100 * moved.value:+.0f} points"
        for carrier, name, kind, contrast in marks
        if (moved := contrast.students)
    )
