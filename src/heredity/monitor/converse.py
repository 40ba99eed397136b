"""Finished conversations, read token by token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import InputError
from heredity.ground.progress import Progress
from heredity.models.chat import Rendered, render_exchanges
from heredity.models.model import Model
from heredity.models.watch import Sight, read_tokens
from heredity.monitor.score import token_scores
from heredity.monitor.speller import pieces
from heredity.records.dialogue import Exclusion, Row
from heredity.records.reading import Form

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spoken:
    """One conversation's assistant turns: what was asked, the tokens of the answer, and their scores."""

    row: Row
    tokens: tuple[tuple[str, ...], ...]
    """`[turns][tokens]`."""
    scores: tuple[Floats, ...]
    """One `[tokens, probes]` a turn."""


def listen(
    model: Model, rows: Sequence[Row], sights: Sequence[Sight], forms: Sequence[Form], progress: Progress
) -> tuple[list[Spoken], tuple[Exclusion, ...]]:
    """Return the readable conversations, and those that do not fit the context or the template.

    Raises InputError when none can be read.
    """
    parts: list[Rendered] = []
    owners: list[list[int]] = []
    readable: list[Row] = []
    excluded: list[Exclusion] = []
    for row in rows:
        try:
            rendered = render_exchanges(model, row.exchanges)
        except InputError as error:
            excluded.append(Exclusion(line=row.line, reason=str(error)))
            continue
        owners.append(list(range(len(parts), len(parts) + len(rendered))))
        parts += rendered
        readable.append(row)
    if not readable:
        why = f"; the first was excluded because: {excluded[0].reason}" if excluded else ""
        raise InputError(f"no conversation can be read by this model{why}")
    projections = read_tokens(model, parts, sights, progress=progress)
    spoken = [
        Spoken(
            row=row,
            tokens=tuple(pieces(model.tokenizer, parts[i].ids[parts[i].n_prompt :]) for i in own),
            scores=tuple(token_scores(projections[i], forms) for i in own),
        )
        for row, own in zip(readable, owners, strict=True)
    ]
    return spoken, tuple(excluded)
