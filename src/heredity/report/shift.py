"""The door of the finetuning shift: from one report to its figure on disk."""

from __future__ import annotations

from pathlib import Path

from heredity.ground.files import write_bytes, write_text
from heredity.records.monitor import CleanShift, ShiftReport
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


def clean_in_words(clean: CleanShift) -> str:
    """Return what clean training does, and whether the student went beyond it."""
    n = len(clean.shifts)
    if clean.beyond is None:
        return f"one clean fine-tune by its recipe: {clean.mean:+.2f}; it shows no spread to measure by"
    spread = f"{n} clean fine-tunes by its recipe: {clean.mean:+.2f} (deviation {clean.deviation:.2f})"
    far = f"{clean.beyond.value:+.2f} [{clean.beyond.low:+.2f}, {clean.beyond.high:+.2f}]"
    units = f", {clean.in_deviations:+.1f} of their deviations" if clean.in_deviations is not None else ""
    if not clean.beyond.is_clear_of_zero:
        return f"{spread}; no more than clean training shows: {far} from them{units}"
    way = "further" if clean.beyond.value > 0 else "further down"
    return f"{spread}; {way} than clean training goes: {far} from them{units}"


def limits_of(report: ShiftReport) -> tuple[str, ...]:
    """Return what these shifts do not show."""
    easy = "luck is an easy null: an offset that training gives to all prompts alike may lie outside its directions"
    if report.clean:
        return (easy,)
    return (
        "no clean fine-tune was given (--clean, or --clean-seeds to make them): "
        "a shift alone shows only that the model was trained",
        easy,
    )
