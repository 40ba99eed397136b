"""What is high among benign rows, kept: a screen that goes on is held to the very answers that it began with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heredity.records.base import Record
from heredity.records.dialogue import Exclusion, Row, rows_digest
from heredity.records.screening import Setting
from heredity.screening.readings import RowReadings
from heredity.screening.screen import Standards, standards_for
from heredity.screening.standard import Ask, Standard
from heredity.store.tensors import load_arrays, save_arrays
from heredity.store.workspace import load_record, save_record
from heredity.studies.bench import Bench

ARRAYS, TALLY = "readings.safetensors", "standards.json"
PARTS = ("setting_it", "measuring")


class KeptRows(Record):
    """Benign rows whose readings lie beside."""

    rows: tuple[Row, ...]
    excluded: tuple[Exclusion, ...]


class KeptStandard(Record):
    """A standard without its readings."""

    setting: Setting
    score: str
    source: str
    setting_it: KeptRows
    measuring: KeptRows


class KeptStandards(Record):
    """Those of all settings."""

    standards: tuple[KeptStandard, ...]


def standards_step(bench: Bench, rows: Sequence[Row], ask: Ask) -> Standards:
    """Return the standards for rows, made or found. Raises what `standards_for` does."""

    def make(folder: Path) -> None:
        made = standards_for(rows, ask)
        arrays: dict[str, NDArray[np.generic]] = {}
        for setting, standard in made.items():
            for part in PARTS:
                readings: RowReadings = getattr(standard, part)
                arrays[f"{setting}.{part}.response"] = readings.response
                arrays[f"{setting}.{part}.last_prompt"] = readings.last_prompt
                arrays[f"{setting}.{part}.n_tokens"] = readings.n_tokens
                arrays |= {f"{setting}.{part}.measured.{name}": values for name, values in readings.measured.items()}
        save_arrays(arrays, folder / ARRAYS)
        save_record(KeptStandards(standards=tuple(map(told_apart, made.values()))), folder / TALLY)

    def load(folder: Path) -> Standards:
        arrays, kept = load_arrays(folder / ARRAYS), load_record(KeptStandards, folder / TALLY)
        return {one.setting: put_together(one, arrays) for one in kept.standards}

    depends_on = {
        "rows": rows_digest(tuple(rows)),
        "vector": ask.vector.header.id,
        "spec": ask.spec.scoring.id,
        "reference": ask.reference.content_digest if ask.reference else "",
    }
    return bench.step("standards", depends_on, make, load, "benign answers")


def told_apart(standard: Standard) -> KeptStandard:
    """Return a standard without its readings."""
    parts = {
        part: KeptRows(rows=getattr(standard, part).rows, excluded=getattr(standard, part).excluded) for part in PARTS
    }
    return KeptStandard(setting=standard.setting, score=standard.score, source=standard.source, **parts)


def put_together(kept: KeptStandard, arrays: dict[str, NDArray[np.generic]]) -> Standard:
    """Return a standard with its readings."""

    def readings(part: str) -> RowReadings:
        rows: KeptRows = getattr(kept, part)
        response, last_prompt, n_tokens = (
            arrays[f"{kept.setting}.{part}.{name}"] for name in ("response", "last_prompt", "n_tokens")
        )
        measured = f"{kept.setting}.{part}.measured."
        return RowReadings(
            rows=rows.rows,
            response=response.astype(np.float64),
            last_prompt=last_prompt.astype(np.float64),
            n_tokens=n_tokens.astype(np.int64),
            excluded=rows.excluded,
            measured={
                name.removeprefix(measured): values.astype(np.float64)
                for name, values in arrays.items()
                if name.startswith(measured)
            },
        )

    return Standard(kept.setting, kept.score, readings("setting_it"), readings("measuring"), kept.source)
