"""The door of the finetuning shift: from one report to its figure on disk."""

from __future__ import annotations

from pathlib import Path

from heredity.ground.files import write_bytes, write_text
from heredity.records.monitor import ShiftReport
from heredity.report.page import require_figures


def write_shift(report: ShiftReport, folder: Path) -> Path:
    """Write `shift-TRAIT.svg` and `.png` in the folder; return the PNG's path.

    Raises MissingExtraError where altair or vl-convert is not installed, StorageError where the folder cannot be
    written.
    """
    require_figures()
    from heredity.report.figures import drawn
    from heredity.report.stages import shift_figure

    drawing = drawn(f"shift-{report.trait}", shift_figure(report))
    write_text(folder / f"{drawing.name}.svg", drawing.svg)
    return write_bytes(folder / f"{drawing.name}.png", drawing.png)
