"""A column of scores for `datasets.map`: one number a row and trait, in whatever shape the rows come.

In: a batch of columns. Out: a column of scores for each trait. Does not: set a threshold, or say what is high;
`heredity screen` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heredity import __version__
from heredity.ground.errors import InputError, MismatchError, RowError
from heredity.models.load import device_of, load
from heredity.models.model import Model
from heredity.records.dialogue import Row
from heredity.records.screening import setting_of
from heredity.records.vector import TraitVector
from heredity.screening.readings import RowReadings, fitted
from heredity.screening.scores.table import MEASURED, read_scored, require_score, scored
from heredity.screening.standard import score_in
from heredity.store.row_file import mapped
from heredity.store.row_shapes import row_of
from heredity.store.tensors import load_vector

IN_MEMORY = Path("rows in memory")


@dataclass(eq=False)
class Scorer:
    """What `datasets.map(..., batched=True, with_rank=True)` calls, in one process or in several.

    It holds names and ids alone: a worker loads the model when its first batch comes, on the GPU of its rank, and the
    same vectors, model, score and columns give the same fingerprint, so that `datasets` finds what it made before.
    """

    vectors: tuple[str, ...]
    """Files."""
    ids: tuple[str, ...]
    """What is in them: another vector of the same name is another scorer."""
    model: str
    score: str | None = None
    """A name in the table of scores; None: the form that each vector was checked in."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """What the data calls the fields of a known shape: `{"question": "prompt"}`."""
    device: str = "auto"
    dtype: str = "auto"
    trust_remote_code: bool = False
    _loaded: tuple[Model, tuple[TraitVector, ...]] | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Leave what was loaded behind, which is no part of what a scorer is; another version scores otherwise."""
        return {**vars(self), "_loaded": None, "version": __version__}

    def __call__(self, batch: Mapping[str, Sequence[Any]], rank: int | None = None) -> dict[str, list[float | None]]:
        """Return each trait's scores, None for a row that cannot be used or read."""
        model, vectors = self.loaded(rank)
        n_rows = len(next(iter(batch.values()))) if batch else 0
        rows = [self.row(place, {name: column[place] for name, column in batch.items()}) for place in range(n_rows)]
        found = fitted(model, [row for row in rows if row is not None])
        out: dict[str, list[float | None]] = {vector.header.trait.name: [None] * n_rows for vector in vectors}
        if not found.rows:
            return out
        by_block: dict[int, RowReadings] = {}
        for vector in vectors:
            if self.score in MEASURED or vector.block not in by_block:
                by_block[vector.block] = read_scored(model, found, vector, self.score)
            readings = by_block[vector.block]
            for row, value in zip(readings.rows, self.scores(readings, vector), strict=True):
                out[vector.header.trait.name][row.line - 1] = value
        return out

    def scores(self, readings: RowReadings, vector: TraitVector) -> list[float]:
        """Return every row's score, by the form that is read where it stands."""
        names = [score_in(setting_of(row), self.score or vector.header.form) for row in readings.rows]
        by_name = {name: scored(readings, name, vector.unit) for name in set(names)}
        return [float(by_name[name][place]) for place, name in enumerate(names)]

    def row(self, place: int, raw: Mapping[str, Any]) -> Row | None:
        """Return one row, numbered from 1 in its batch, or None where it cannot be used."""
        try:
            there = {name: value for name, value in raw.items() if value is not None}  # a table's rows lack no column
            named = mapped(IN_MEMORY, place, there, self.columns)
            found, _ = row_of(IN_MEMORY, place + 1, named)
        except RowError:
            return None
        return found if isinstance(found, Row) else None

    def loaded(self, rank: int | None) -> tuple[Model, tuple[TraitVector, ...]]:
        """Return the model and the vectors, loaded once a process."""
        if self._loaded is None:
            model = load(self.model, device_of(self.device, rank), self.dtype, self.trust_remote_code)
            vectors = tuple(load_vector(path) for path in self.vectors)
            for vector in vectors:
                vector.require_model(model.name, model.fingerprint)
            self._loaded = (model, vectors)
        return self._loaded


def scorer(
    vectors: Path | str | Sequence[Path | str],
    model: str = "smollm2-135m",
    score: str | None = None,
    columns: Mapping[str, str] | None = None,
    device: str = "auto",
) -> Scorer:
    """Return what `datasets.map` calls to add a column of scores for every vector, which is named by its file.

    ::

        table = table.map(heredity.scorer("evil.safetensors"), batched=True, batch_size=64, with_rank=True)

    `model` is what `load` takes, by name: each process loads its own. Raises, before anything is mapped, InputError
    for a file that is no vector or two of one trait, UnknownNameError for a score that is none, MismatchError for
    vectors of several models.
    """
    paths = [vectors] if isinstance(vectors, Path | str) else list(vectors)
    found = [load_vector(path) for path in paths]
    names = [vector.header.trait.name for vector in found]
    if not found or len(set(names)) < len(names):
        raise InputError(f"it takes a vector for each column and one a trait; given: {', '.join(names) or 'none'}")
    if len({vector.header.fingerprint for vector in found}) > 1:
        raise MismatchError("the vectors were read from different models; extract them all from the one that reads")
    if score:
        require_score(score)
    return Scorer(
        vectors=tuple(str(Path(path).resolve()) for path in paths),
        ids=tuple(vector.header.id for vector in found),
        model=model,
        score=score,
        columns=dict(columns or {}),
        device=device,
    )
