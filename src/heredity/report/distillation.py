"""The door of a distillation: from one report of what was inherited to a page on disk."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from heredity.ground.files import write_text
from heredity.records.distillation import Contrast, DistillationReport, Inherited
from heredity.report.page import require_figures
from heredity.report.template import rendered


def write_distillation(report: DistillationReport, folder: Path) -> Path:
    """Write `folder/distillation.html`, whole or not at all; return its path.

    Raises MissingExtraError where altair or vl-convert is not installed, StorageError where the folder cannot be
    written.
    """
    return write_text(folder / "distillation.html", render_distillation(report))


def render_distillation(report: DistillationReport) -> str:
    """Return the page as HTML. Raises MissingExtraError where figures cannot be drawn."""
    require_figures()
    from heredity.report.inherited import marks, moved_figure
    from heredity.report.sizes import twice

    return rendered(
        "distillation.html.jinja",
        report=report,
        moved=twice(moved_figure, report),
        in_words=in_words(marks(report)),
        lines=lines(report),
        imitated=imitated(report),
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


def imitated(report: DistillationReport) -> dict[tuple[str, str], float]:
    """Return the mean over seeds of how well students copied their teacher, by carrier and teacher."""
    found: dict[tuple[str, str], list[float]] = {}
    for one in report.students:
        if one.imitation is not None:
            found.setdefault((one.carrier, one.taught_by), []).append(one.imitation)
    return {key: statistics.fmean(values) for key, values in found.items()}
