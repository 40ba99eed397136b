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
    """Return the commit of the code, marked where files differ from it; empty outside a repository."""
    try:
        run = ["git", "-C", str(HERE), "describe", "--always", "--dirty", "--abbrev=12"]
        return subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
