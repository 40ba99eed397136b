"""What all benchmarks share: rounds in turns, figures with their spread, and the file that keeps them."""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from replications.kit import commit

from heredity.studies.bench import environment

RESULTS = Path(__file__).with_name("results.json")


def figure(values: Sequence[float], unit: str) -> dict[str, Any]:
    """Return the median of a figure's rounds, with the lowest and the highest."""
    return {
        "median": statistics.median(values),
        "low": min(values),
        "high": max(values),
        "n_rounds": len(values),
        "unit": unit,
    }


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, Any]:
    """Return how many times as much we reach, round by round."""
    return figure([a / b for a, b in zip(ours, theirs, strict=True)], "times")


def shown(found: Mapping[str, Any]) -> str:
    """Return a figure as people read it."""
    return f"{found['median']:,.4g} ({found['low']:,.4g}-{found['high']:,.4g}) {found['unit']}"


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    where = environment("cpu", "").model_dump(exclude={"dtype"})
    return {"processor": processor(), **where}


def processor() -> str:
    """Return the processor's name, as far as the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def keep(name: str, figures: Mapping[str, Any]) -> None:
    """Write a benchmark's figures beside those of the others, with the machine and the state of the code."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept[name] = {
        "figures": dict(figures),
        "machine": machine(),
        "commit": commit(),
        "when": datetime.now(UTC).isoformat(timespec="minutes"),
    }
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
