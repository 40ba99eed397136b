"""What the terminal shows: progress on standard error, results on standard output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from heredity.ground.progress import SILENCE, Progress, Task
from heredity.records.base import Record

OUT = Console()
ERR = Console(stderr=True)


class _RichTask:
    def __init__(self, bars: RichProgress, task: TaskID) -> None:
        self.bars = bars
        self.task = task

    def advance(self, amount: int = 1) -> None:
        """Move the bar."""
        self.bars.advance(self.task, amount)


class Terminal:
    """Progress drawn with bars and time left."""

    def __init__(self, bars: RichProgress) -> None:
        self.bars = bars

    @contextmanager
    def task(self, label: str, total: int) -> Iterator[Task]:
        """Draw one bar; it leaves when the work is done."""
        task = self.bars.add_task(label, total=total)
        try:
            yield _RichTask(self.bars, task)
        finally:
            self.bars.remove_task(task)

    def note(self, text: str) -> None:
        """Print one line above the bars."""
        self.bars.console.print(f"[dim]{text}[/dim]")


@contextmanager
def watched(is_quiet: bool) -> Iterator[Progress]:
    """Give a progress for the length of a with-block: drawn, or silent."""
    if is_quiet:
        yield SILENCE
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with RichProgress(*columns, console=ERR, transient=True) as bars:
        yield Terminal(bars)


def say(record: Record | dict[str, Any], text: str, as_json: bool) -> None:
    """Print a result, for a program or for a person."""
    if as_json:
        import json

        body = record.model_dump_json(indent=1) if isinstance(record, Record) else json.dumps(record, indent=1)
        typer.echo(body)
    else:
        OUT.print(text, highlight=False, markup=False, soft_wrap=True)
