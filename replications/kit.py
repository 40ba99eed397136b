"""What every replication writes into its record: where, when and by which state of the code its figures were made."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from heredity import __version__
from heredity.models.load import n_threads
from heredity.models.model import Model

HERE = Path(__file__).parent


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
