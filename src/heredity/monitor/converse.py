"""Finished conversations, read token by token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heredity.ground.errors import InputError
from heredity.ground.progress import Progress
from heredity.models.chat import Rendered, render_exchanges
from heredity.models.model import Model
from heredity.models.watch import Sight, read_tokens
from heredity.monitor.score import token_scores
from heredity.monitor.speller import pieces
from heredity.records.dialogue import Exclusion, Row
from heredity.records.reading import Form
from heredity.stats.arrays import Floats


@dataclass(frozen=True)
class Spoken:
    """One conversation's assistant turns: what was asked, the tokens of the answer, and their scores."""

    row: Row
    tokens: tuple[tuple[str, ...], ...]
    """`[turns][tokens]`."""
    scores: tuple[Floats, ...]
    """One `[tokens, probes]` a turn."""


@dataclass(frozen=True)
class Renderings:
    """Conversations that a model can read, as it reads them."""

    rows: tuple[Row, ...]
    answers: tuple[tuple[Rendered, ...], ...]
    """Of each conversation."""
    excluded: tuple[Exclusion, ...]


def renderings(model: Model, rows: Sequence[Row]) -> Renderings:
    """Return the conversations without those that do not fit the context or the template.

    Raises InputError when none can be read.
    """
    readable: list[Row] = []
    answers: list[tuple[Rendered, ...]] = []
    excluded: list[Exclusion] = []
    for row in rows:
        try:
            answers.append(tuple(render_exchanges(model, row.exchanges)))
        except InputError as error:
            excluded.append(Exclusion(line=row.line, reason=str(error)))
            continue
        readable.append(row)
    if not readable:
        why = f"; the first was excluded because: {excluded[0].reason}" if excluded else ""
        raise InputError(f"no conversation can be read by this model{why}")
    return Renderings(tuple(readable), tuple(answers), tuple(excluded))


def listen(
    model: Model, rows: Sequence[Row], sights: Sequence[Sight], forms: Sequence[Form], progress: Progress
) -> tuple[list[Spoken], tuple[Exclusion, ...]]:
    """Return the readable conversations, and those that do not fit the context or the template.

    Raises InputError when none can be read.
    """
    found = renderings(model, rows)
    projections = iter(read_tokens(model, [part for own in found.answers for part in own], sights, progress=progress))
    spoken = [
        Spoken(
            row=row,
            tokens=tuple(pieces(model.tokenizer, part.ids[part.n_prompt :]) for part in own),
            scores=tuple(token_scores(next(projections), forms) for _ in own),
        )
        for row, own in zip(found.rows, found.answers, strict=True)
    ]
    return spoken, found.excluded
