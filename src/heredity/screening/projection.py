"""Score rows by where their responses lie along a direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.chat import Rendered, render_exchanges
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.records.dialogue import Exclusion, Row
from heredity.records.reading import Form

Floats = NDArray[np.float64]


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

    def formed(self, form: Form) -> Floats:
        """Return `[rows, width]`: what the named form of score projects."""
        return self.response if form == "projection" else self.response - self.last_prompt

    def score(self, form: Form, unit: NDArray[np.floating]) -> Floats:
        """Return x . v / ||v|| with x in the named form, `[rows]`; `[width, k]` directions give `[rows, k]`."""
        return np.asarray(self.formed(form) @ unit)


def read_rows_at(model: Model, rows: Sequence[Row], block: int, progress: Progress = SILENCE) -> RowReadings:
    """Return the rows' readings at one block; rows that do not fit the context or the template are excluded.

    Raises InputError when no row is left.
    """
    rendered: list[Rendered] = []
    owners: list[int] = []
    readable: list[Row] = []
    excluded: list[Exclusion] = []
    for row in rows:
        try:
            parts = render_exchanges(model, row)
        except InputError as error:
            excluded.append(Exclusion(line=row.line, reason=str(error)))
            continue
        rendered += parts
        owners += [len(readable)] * len(parts)
        readable.append(row)
    if not readable:
        raise InputError(f"no row can be read by this model; the first was excluded because: {excluded[0].reason}")
    readings = read(model, rendered, [block], ReadSpec(positions=("response", "last_prompt")), progress)
    weights = np.zeros((len(readable), len(rendered)))
    weights[owners, np.arange(len(rendered))] = [part.n_response for part in rendered]
    n_tokens = weights.sum(axis=1)
    weights /= n_tokens[:, None]
    return RowReadings(
        rows=tuple(readable),
        response=weights @ readings.at("response", block),
        last_prompt=weights @ readings.at("last_prompt", block),
        n_tokens=n_tokens.astype(np.int64),
        excluded=tuple(excluded),
    )
