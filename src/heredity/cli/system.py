"""heredity doctor, heredity open: this machine, and the pages that were written on it."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from heredity.cli.console import say
from heredity.ground.errors import InputError
from heredity.report.write import told

HOME = Path("heredity-out")
FAILED = 1


def doctor_command(context: typer.Context) -> None:
    """Say what works on this machine, and what to install.

    Looks at Python, torch, its threads and device, memory, the cache, the embedded model and the extras; loads no model
    and asks no network. The exit code is 1 where something is missing that an audit needs.

    For example: heredity doctor --json
    """
    from heredity.studies.doctor import doctor

    found = doctor()
    say(found, told(found), context.obj.as_json)
    if not found.is_ready:
        raise typer.Exit(FAILED)


def open_command(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where to look, folders within it too.")] = HOME,
    only_path: Annotated[bool, typer.Option("--path", help="Print the page's path and open nothing.")] = False,
) -> None:
    """Open the page that was written last.

    For example: heredity open demo-out
    """
    page = newest(folder)
    if not only_path and not context.obj.as_json and not webbrowser.open(page.resolve().as_uri()):
        typer.echo("no browser was found; open this file in one:", err=True)
    say({"page": str(page.resolve())}, str(page.resolve()), context.obj.as_json)


def newest(folder: Path) -> Path:
    """Return the last page written in a folder. Raises InputError where there is none."""
    pages = [path for path in folder.rglob("*.html") if path.is_file()] if folder.is_dir() else []
    if not pages:
        raise InputError(
            f"no page was written in {folder}; make one: heredity demo, or name the folder of a study (--out)"
        )
    return max(pages, key=lambda path: path.stat().st_mtime)
