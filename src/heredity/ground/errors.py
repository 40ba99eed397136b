"""The errors of this project, each knowing its exit code and HTTP status.

::

    HeredityError            1  500   anything this project raises on purpose
    +-- InputError           2  422   what the user gave cannot be used
    |   +-- RowError         2  422   ... and it is one line of a file
    |   +-- UnknownNameError 2  404   ... and it is a name nobody has
    +-- MismatchError        3  409   two artefacts do not belong together
    +-- ExperimentError      4  500   a step ran and its outcome cannot be used
    |   +-- NothingKeptError 4  500   a filter left too little
    |   +-- HookError        4  500   an intervention did not take place
    |   +-- NonFiniteError   4  500   NaN or infinity where a number belongs
    |   +-- DraftError       4  500   a drafter gave no usable trait
    +-- StorageError         5  507   a folder or file cannot be read or written
    +-- MissingExtraError    6  501   an optional part is not installed
    |   +-- MissingPackageError 6 501 ... and it is a package that a model asks for
    +-- EndpointError        7  502   a remote model cannot be reached, refuses, or answers with nonsense

A message says what happened, why, and what to do next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class HeredityError(Exception):
    """Anything this project raises on purpose."""

    exit_code = 1
    http_status = 500


class InputError(HeredityError):
    """What the user gave cannot be used."""

    exit_code = 2
    http_status = 422


class RowError(InputError):
    """One line of a file cannot be used; carries the file and the 1-based line."""

    def __init__(self, path: Path | str, line: int, reason: str) -> None:
        self.path = str(path)
        self.line = line
        self.reason = reason
        super().__init__(f"{path}, line {line}: {reason}")


class UnknownNameError(InputError):
    """A name nobody has; the message names the nearest one and lists what there is."""

    http_status = 404

    def __init__(self, noun: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name.lower(), [n.lower() for n in names], n=1, cutoff=0.5)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        super().__init__(f"no {noun} called '{name}'.{hint} There is: {', '.join(names)}.")


class MismatchError(HeredityError):
    """Two artefacts do not belong together (a vector and another model, say)."""

    exit_code = 3
    http_status = 409


class ExperimentError(HeredityError):
    """A step ran and its outcome cannot be used."""

    exit_code = 4


class NothingKeptError(ExperimentError):
    """A filter left too little to go on with."""


class HookError(ExperimentError):
    """An intervention was asked for and did not take place."""


class NonFiniteError(ExperimentError):
    """NaN or infinity where a number belongs."""


class DraftError(ExperimentError):
    """A drafter gave no usable trait; carries its replies, so that a person can mend one."""

    def __init__(self, message: str, replies: tuple[str, ...]) -> None:
        self.replies = replies
        super().__init__(message)


class StorageError(HeredityError):
    """A folder or file cannot be read or written."""

    exit_code = 5
    http_status = 507


class MissingExtraError(HeredityError):
    """An optional part of the project is not installed."""

    exit_code = 6
    http_status = 501

    def __init__(self, needs: str, extra: str) -> None:
        super().__init__(f"{needs} is not installed; install it with: pip install 'heredity[{extra}]'")


class MissingPackageError(MissingExtraError):
    """A package that a model's own files ask for is not installed; the message names it."""

    def __init__(self, message: str) -> None:
        HeredityError.__init__(self, message)


class EndpointError(HeredityError):
    """A remote model cannot be reached, refuses, or answers with nonsense."""

    exit_code = 7
    http_status = 502
