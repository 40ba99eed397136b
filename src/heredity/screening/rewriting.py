"""Rows with the model's own answers in the place of what they teach.

In: rows and the model. Out: new answers for every lesson of a row, or the reason why it has none. Does not: write them.
"""

from __future__ import annotations

from collections.abc import Sequence

from heredity.ground.errors import NothingKeptError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.generate import Generated, GenerateSpec
from heredity.models.model import Model
from heredity.records.dialogue import Exclusion, Row
from heredity.records.screening import ScreenSpec
from heredity.screening.drafts import Draft, answer_next

NO_ROOM = "the model cannot read its prompt, or has no room to answer it"
EMPTY = "the model answers nothing"
UNREACHED = "the model thinks until its tokens run out, and reaches no answer"


def rewritten(
    rows: Sequence[Row], model: Model, spec: ScreenSpec, seed: str = "0", progress: Progress = SILENCE
) -> tuple[tuple[Row, ...], tuple[Exclusion, ...]]:
    """Return the rows with the model's own answers, and those that it could not answer to the end.

    Every lesson is answered behind the new answers before it, at the temperature of the reference, with the luck of the
    row's own line. A thought before an answer is no part of it.
    """
    n_tokens = spec.act.n_answer_tokens
    drafts = [Draft(row, f"{seed}/replaced") for row in rows]
    how = GenerateSpec(n_tokens=n_tokens, temperature=spec.temperature, min_tokens=1)
    failed: dict[int, str] = {}
    last = NO_ROOM
    while True:
        try:
            said = answer_next(drafts, model, how, "the model's own answers", progress)
        except NothingKeptError:  # a model that thinks, and of all that were asked reached no answer
            said, last = [], UNREACHED
        if not said:
            break
        for draft, answer in said:
            why = failure(answer, n_tokens)
            if why:
                failed[draft.row.line] = why
            draft.answer("" if why else answer.text)
    done = tuple(draft.written for draft in drafts if draft.n_answered == len(draft.places))
    whole = {row.line for row in done}
    left_out = (row.line for row in rows if row.line not in whole)
    return done, tuple(Exclusion(line=line, reason=failed.get(line, last)) for line in left_out)


def failure(answer: Generated, n_tokens: int) -> str:
    """Return why an answer cannot be taught; nothing where it can."""
    if not answer.is_reached:
        return UNREACHED
    if answer.n_tokens >= n_tokens:
        return f"the model's own answer does not end within {n_tokens} tokens (--answer-tokens)"
    return "" if answer.text.strip() else EMPTY
