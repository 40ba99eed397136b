"""How long work tells how far it is, without knowing who listens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Task(Protocol):
    """One piece of long work."""

    def advance(self, amount: int = 1) -> None:
        """Say that `amount` more units are done."""


class Progress(Protocol):
    """Somebody who is told of long work. Doors draw it; rooms only tell."""

    @contextmanager
    def task(self, label: str, total: int) -> Iterator[Task]:
        """Open one piece of work of `total` units for the length of a with-block."""

    def note(self, text: str) -> None:
        """Pass on one line that a reader would want to see now."""


class _SilentTask:
    def advance(self, amount: int = 1) -> None:
        """Tell nobody."""


class Silence:
    """The progress nobody sees."""

    @contextmanager
    def task(self, label: str, total: int) -> Iterator[Task]:
        """Open a task that tells nobody."""
        yield _SilentTask()

    def note(self, text: str) -> None:
        """Tell nobody."""


SILENCE: Progress = Silence()
