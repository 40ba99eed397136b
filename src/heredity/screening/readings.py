"""Rows that a model can read, and its activations on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.chat import Rendered, render_exchanges
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.records.dialogue import Exclusion, Row
from heredity.stats.arrays import Floats


@dataclass(frozen=True)
class RowReadings:
    """Rows that could be read, one `[rows, width]` array a position; several answers in a row are averaged."""

    rows: tuple[Row, ...]
    response: Floats
    """Mean over all response tokens."""
    last_prompt: Floats
    """Last prompt token, averaged over the row's answers by their tokens."""
    n_tokens: NDArray[np.int64]
    """Response tokens."""
    excluded: tuple[Exclusion, ...]
    measured: Mapping[str, Floats] = field(default_factory=dict)
    """What was measured of the rows without a direction, `[rows]`, by the score's name."""


@dataclass(frozen=True)
class Fitting:
    """Rows that a model can read, as it reads them."""

    rows: tuple[Row, ...]
    """Each without its untaught answers."""
    parts: tuple[Rendered, ...]
    """Every lesson of every row, in the rows' order."""
    starts: tuple[int, ...]
    """Where each row's lessons begin among the parts."""
    excluded: tuple[Exclusion, ...]


def fitting(model: Model, rows: Sequence[Row]) -> Fitting:
    """Return the rows that fit the context and the template. Raises InputError when none is left."""
    fit = fitted(model, rows)
    if not fit.rows:
        raise InputError(f"no row can be read by this model; the first was excluded because: {fit.excluded[0].reason}")
    return fit


def fitted(model: Model, rows: Sequence[Row]) -> Fitting:
    """Return the rows that fit the context and the template, if any."""
    parts: list[Rendered] = []
    starts: list[int] = []
    readable: list[Row] = []
    excluded: list[Exclusion] = []
    for row in (one.apart for one in rows):
        try:
            own = render_exchanges(model, row.lessons)
        except InputError as error:
            excluded.append(Exclusion(line=row.line, reason=str(error)))
            continue
        starts.append(len(parts))
        parts += own
        readable.append(row)
    return Fitting(tuple(readable), tuple(parts), tuple(starts), tuple(excluded))


def read_fitting(model: Model, rows: Fitting, block: int, progress: Progress = SILENCE) -> RowReadings:
    """Return the rows' readings at one block, in memory and time that grow with their number."""
    readings = read(model, rows.parts, [block], ReadSpec(positions=("response", "last_prompt")), progress)
    weights = np.array([part.n_response for part in rows.parts])
    return RowReadings(
        rows=rows.rows,
        response=row_means(readings.at("response", block), weights, rows.starts),
        last_prompt=row_means(readings.at("last_prompt", block), weights, rows.starts),
        n_tokens=np.add.reduceat(weights, rows.starts),
        excluded=rows.excluded,
    )


def chosen(readings: RowReadings, places: Sequence[int]) -> RowReadings:
    """Return the readings of some of the rows."""
    at = np.asarray(places, dtype=np.int64)
    return replace(
        readings,
        rows=tuple(readings.rows[i] for i in places),
        response=readings.response[at],
        last_prompt=readings.last_prompt[at],
        n_tokens=readings.n_tokens[at],
        measured={name: values[at] for name, values in readings.measured.items()},
    )


def row_means(values: NDArray[np.floating], weights: NDArray[np.int64], starts: Sequence[int]) -> Floats:
    """Return `[rows, width]`: the weighted mean of each row's own `values` (`[parts, width]`), which lie together.

    `starts` says where each row begins. No array here has more places than `values`.
    """
    sums = np.add.reduceat(values * weights[:, None].astype(np.float64), starts, axis=0)
    return np.asarray(sums / np.add.reduceat(weights, starts)[:, None])


def read_rows_at(model: Model, rows: Sequence[Row], block: int, progress: Progress = SILENCE) -> RowReadings:
    """Return the rows' readings at one block; rows that do not fit the context or the template are excluded.

    Raises InputError when no row is left.
    """
    return read_fitting(model, fitting(model, rows), block, progress)
