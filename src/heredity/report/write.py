"""How a record is told and written down: one table, one function for the words, one for the files."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from heredity.ground.errors import UnknownNameError
from heredity.ground.extras import require_extra
from heredity.records.base import Record
from heredity.store.workspace import save_files, save_record


@dataclass(frozen=True)
class Page:
    """Where the words and the page of a kind of record are made, and what its file is called."""

    folder: str
    """Below `report/pages`; its `told.py` makes the words, its `page.py`, where it has one, the page."""
    name: str
    """Of the record's own file, without ending; `{trait}` stands for the record's field."""
    is_drawn: bool = False
    """Whether it has a page, or figures."""


PAGES: dict[str, Page] = {
    "Act": Page("act", "act"),
    "ArenaReport": Page("arena", "arena", is_drawn=True),
    "AuditReport": Page("audit", "audit", is_drawn=True),
    "Baking": Page("baking", "heredity"),
    "BlindReport": Page("blind", "blind"),
    "CascadeReport": Page("cascade", "cascade", is_drawn=True),
    "DefenceReport": Page("defence", "defence", is_drawn=True),
    "DemoReport": Page("demo", "demo", is_drawn=True),
    "DistillationReport": Page("distillation", "distillation", is_drawn=True),
    "Doctor": Page("doctor", "doctor"),
    "Draft": Page("draft", "{trait.name}.draft"),
    "EvalReport": Page("evaluation", "evaluation"),
    "FeedbackReport": Page("feedback", "feedback", is_drawn=True),
    "ForecastReport": Page("forecast", "forecast", is_drawn=True),
    "GateReport": Page("gate", "gate", is_drawn=True),
    "JudgingReport": Page("judging", "judging"),
    "LeakageReport": Page("leakage", "leakage", is_drawn=True),
    "ListsReport": Page("lists", "lists", is_drawn=True),
    "MonitorReport": Page("monitor", "monitor", is_drawn=True),
    "OriginReport": Page("origin", "origin", is_drawn=True),
    "ScanReport": Page("scan", "scan", is_drawn=True),
    "ScreenReport": Page("screening", "screen"),
    "ShiftReport": Page("shift", "shift-{trait}", is_drawn=True),
    "SmallWorldReport": Page("small_world", "digits", is_drawn=True),
    "StrengthReport": Page("strength", "strength"),
    "Student": Page("student", "student"),
    "TransmissionReport": Page("transmission", "transmission", is_drawn=True),
    "VectorHeader": Page("vector", "vector"),
}
"""Every kind of record that is told, by its name; a page's code is loaded when it is asked for."""


def told(record: Record) -> str:
    """Return what a person wants to know of a record, in a few lines. Raises UnknownNameError for one without words."""
    return str(_part(page_of(record), "told").told(record))


def write(record: Record, folder: Path) -> Path:
    """Write a record as JSON, then its page if it has one; return the page's path, else the record's.

    Every file is whole or absent, and the page comes last. Raises MissingExtraError where a page cannot be drawn,
    StorageError where the folder cannot be written.
    """
    page = page_of(record)
    if page.is_drawn:
        require_figures()
    path = save_record(record, folder / f"{page.name.format(**dict(record))}.json")
    if not page.is_drawn:
        return path
    return save_files(_part(page, "page").files(record), folder)


def require_figures() -> None:
    """Raise MissingExtraError unless figures can be drawn; cheap enough to ask before hours are spent."""
    require_extra("report")


def page_of(record: Record) -> Page:
    """Return how a record is told. Raises UnknownNameError, with what there is, for a kind that is not."""
    kind = type(record).__name__
    if kind not in PAGES:
        raise UnknownNameError("record that is told", kind, PAGES)
    return PAGES[kind]


def _part(page: Page, part: str) -> Any:
    return import_module(f"heredity.report.pages.{page.folder}.{part}")
