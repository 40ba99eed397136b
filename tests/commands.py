"""Commands run in this process, through the same `main`: each in one of its own would spend its time on imports."""

import contextlib
import io
import sys
from pathlib import Path
from typing import NamedTuple

from heredity.cli.app import main


class Run(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str
    """On one line, however it was wrapped."""


def heredity(*arguments: str | Path, folder: Path) -> Run:
    """Run a command in a folder."""
    out, err, argv = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["heredity", *map(str, arguments)]
    try:
        with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        return Run(int(end.code or 0), out.getvalue(), " ".join(err.getvalue().split()))
    finally:
        sys.argv = argv
    raise AssertionError("main has not exited")


def done(*arguments: str | Path, folder: Path) -> str:
    """Run a command that must succeed; return what it printed."""
    run = heredity(*arguments, folder=folder)
    assert run.code == 0, run.err
    return run.out


def failed(run: Run, code: int, *said: str) -> None:
    """Hold a failure to its exit code and its words."""
    assert run.code == code, run.err
    for text in said:
        assert text in run.err
