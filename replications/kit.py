"""What all replications share: how they are started, where they write, and by what their figures were made."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from heredity import __version__
from heredity.cli.console import watched
from heredity.cli.quiet import hush_libraries
from heredity.ground.files import write_text
from heredity.ground.progress import Progress
from heredity.models.load import n_threads
from heredity.models.model import Model
from heredity.records.base import Record
from heredity.store.workspace import save_record

HERE = Path(__file__).parent


def parser(about: str | None, out: str) -> argparse.ArgumentParser:
    """Return a parser that tells what a replication is about, and takes the folder in which its runs lie."""
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--out", type=Path, default=Path(out), help="runs lie here, and are taken up where they stopped")
    return made


@contextmanager
def running() -> Iterator[Progress]:
    """Give progress on the terminal, with the libraries' own talk hushed."""
    hush_libraries()
    with watched(is_quiet=False) as progress:
        yield progress


def publish(content: Record | dict[str, Any], text: str, folder: Path, name: str = "results") -> None:
    """Write what came out, as a record and as a table to read, and print the table."""
    if isinstance(content, Record):
        save_record(content, folder / f"{name}.json")
    else:
        write_text(folder / f"{name}.json", json.dumps(content, indent=1))
    write_text(folder / f"{name}.md", text)
    print(text)


def provenance(model: Model) -> dict[str, Any]:
    """Return machine, commit, date, versions and number type of a run."""
    return {
        "machine": f"{platform.system()} {platform.machine()}, {n_threads()} threads on {model.device}",
        "commit": commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "heredity": __version__,
        "model": model.name,
        "fingerprint": model.fingerprint,
        "dtype": str(model.dtype).removeprefix("torch."),
    }


def commit() -> str:
    """Return the commit of the code, marked where the package differs from it; empty outside a repository."""
    try:
        name = _git("rev-parse", "--short=12", "HEAD")
        return f"{name}-dirty" if _git("status", "--porcelain", "--", str(HERE.parent / "src")) else name
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(*words: str) -> str:
    run = subprocess.run(["git", "-C", str(HERE), *words], capture_output=True, text=True, check=True)
    return run.stdout.strip()
