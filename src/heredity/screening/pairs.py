"""Rows beside what the model itself would say to the same prompts, read alike.

In: rows and a model. Out: each row's mean activations and those of the model's own answer, at every block asked for;
what they differ by is projected elsewhere ([PV], projection difference). Does not: know any trait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.chat import Rendered, render_exchanges
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.records.dialogue import Exclusion, Row, Turn
from heredity.records.scan import ScanSpec
from heredity.screening.readings import fitting, row_means
from heredity.stats.arrays import Floats

MOST_LESSONS = 3
"""Answers of a row that are compared; the rest of a longer one is not."""
AT_LEAST = 3
"""Tokens that an own answer has."""
NO_ANSWER = "the model itself has no answer to its prompt that could be read"


@dataclass(frozen=True)
class Pairs:
    """Rows and the model's own answers, `[rows, blocks, width]`; several answers of a row are averaged."""

    rows: tuple[Row, ...]
    blocks: tuple[int, ...]
    taught: Floats
    """Mean over the row's response tokens."""
    own: Floats
    """Mean over those of the model's own answers."""
    prompt: Floats
    """Mean over the tokens before the first answer, at the first of the blocks, `[rows, width]`."""
    n_tokens: NDArray[np.int64]
    """Response tokens of the row that were read."""
    answers: tuple[str, ...]
    """The model's own answer to the first prompt of each row."""
    excluded: tuple[Exclusion, ...] = ()


def paired(
    model: Model,
    rows: Sequence[Row],
    blocks: Sequence[int],
    spec: ScanSpec,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> Pairs:
    """Return the rows that can be read beside the model's own answers to the same prompts, one to each, sampled.

    Both are cut off after as many tokens. Raises InputError where no row is left.
    """
    fit = fitting(model, [shortened(row) for row in rows])
    answers = own_answers(model, fit.parts, spec, seed, progress)
    starts = [*fit.starts, len(fit.parts)]
    contexts = [context for row in fit.rows for context, _ in row.lessons]
    own: list[Rendered] = []
    taught: list[Rendered] = []
    kept: list[int] = []
    excluded = list(fit.excluded)
    begins: list[int] = []
    for place, row in enumerate(fit.rows):
        parts = range(starts[place], starts[place + 1])
        spoken = as_own(model, [(contexts[i], answers[i]) for i in parts])
        if not spoken:
            excluded.append(Exclusion(line=row.line, reason=NO_ANSWER))
            continue
        begins.append(len(own))
        own += spoken
        taught += [cut(fit.parts[i], spec.n_tokens) for i in parts]
        kept.append(place)
    if not kept:
        raise InputError(f"no row can be set beside the model's own answer; the first because: {excluded[0].reason}")
    read_taught, prompt = readings(model, taught, blocks, begins, progress)
    read_own, _ = readings(model, [cut(part, spec.n_tokens) for part in own], blocks, begins, progress)
    return Pairs(
        rows=tuple(fit.rows[place] for place in kept),
        blocks=tuple(blocks),
        taught=read_taught,
        own=read_own,
        prompt=prompt,
        n_tokens=np.add.reduceat(np.array([part.n_response for part in taught]), begins),
        answers=tuple(answers[starts[place]] for place in kept),
        excluded=tuple(excluded),
    )


def as_own(model: Model, exchanges: Sequence[tuple[tuple[Turn, ...], str]]) -> list[Rendered]:
    """Return the model's own answers as it reads them; none where one of them is empty or cannot be read."""
    if not all(answer.strip() for _, answer in exchanges):
        return []
    try:
        parts = render_exchanges(model, exchanges)
    except InputError:
        return []
    return parts if all(part.n_response for part in parts) else []


def shortened(row: Row) -> Row:
    """Return a row up to the last of its answers that are compared."""
    own = row.apart
    if len(own.lessons) <= MOST_LESSONS:
        return own
    end = len(own.lessons[MOST_LESSONS - 1][0]) + 1
    untaught = tuple(place for place in own.untaught if place < end)
    return own.model_copy(update={"turns": own.turns[:end], "untaught": untaught})


def own_answers(model: Model, parts: Sequence[Rendered], spec: ScanSpec, seed: str, progress: Progress) -> list[str]:
    """Return what the model says to each prompt; nothing where its context has no room."""
    prompts = [part.ids[: part.n_prompt] for part in parts]
    room = [i for i, ids in enumerate(prompts) if len(ids) + spec.n_tokens <= model.context_length]
    how = GenerateSpec(n_tokens=spec.n_tokens, temperature=spec.temperature, min_tokens=AT_LEAST)
    luck = [f"{seed}/own/{i}" for i in room]
    said = generate(model, [prompts[i] for i in room], luck, how, "the model's own answers", progress)
    answers = [""] * len(parts)
    for i, answer in zip(room, said, strict=True):
        answers[i] = answer.text
    return answers


def cut(part: Rendered, n_tokens: int) -> Rendered:
    """Return a part with the first tokens of its response alone."""
    return replace(part, ids=part.ids[: part.n_prompt + n_tokens])


def readings(
    model: Model, parts: Sequence[Rendered], blocks: Sequence[int], begins: Sequence[int], progress: Progress
) -> tuple[Floats, Floats]:
    """Return the rows' response means `[rows, blocks, width]`, and their prompts' at the first block."""
    found = read(model, parts, blocks, ReadSpec(positions=("response", "prompt")), progress)
    weights = np.array([part.n_response for part in parts])
    by_block = [row_means(found.at("response", block), weights, begins) for block in blocks]
    return np.stack(by_block, axis=1), found.at("prompt", blocks[0])[np.asarray(begins)].astype(np.float64)
