"""A finished conversation as the model's own template writes it: where its last answer stands, and what ends it.

In: turns and an answer. Out: their text, with places counted in characters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heredity.ground.errors import InputError
from heredity.models.markup import guarded
from heredity.models.model import Model
from heredity.models.template import around, finished_text, opening_text, plain_text, settled
from heredity.models.thinking import OPENS, closing_texts, is_closed, is_open, parted
from heredity.records.dialogue import Turn


@dataclass(frozen=True)
class Lead:
    """The text before an answer."""

    text: str
    letters: Mapping[str, str]
    """What single characters stand for that keep control tokens in the turns from acting."""


@dataclass(frozen=True)
class Script:
    """A conversation as text, its last answer in its place."""

    lead: Lead
    """What stands before an answer that holds no thought."""
    text: str
    taught: int
    """Where begins what is taught: the answer, or a thought before it."""
    start: int
    """Where the answer begins."""
    end: int
    """Where it ends; what follows ends the turn."""
    is_finished: bool
    """Whether it is the template that wrote what follows, nothing included."""


def lead_of(model: Model, turns: Sequence[Turn], speaks: bool = False) -> Lead:
    """Return the text before an answer; where the model is to speak, with the thought that its template always opens.

    Raises InputError when the template refuses the turns.
    """
    tokenizer, safe = model.tokenizer, guarded(model, turns)
    if not tokenizer.chat_template:
        return Lead(plain_text(safe.turns), safe.letters)
    asked = settled(tokenizer, safe.turns)
    ends, opening = around(tokenizer, asked), opening_text(tokenizer, asked)
    if ends is None or (speaks and is_open(opening) and not is_closed(ends[0])):
        return Lead(opening, safe.letters)
    return Lead(ends[0], safe.letters)


def script_of(model: Model, turns: Sequence[Turn], answer: str) -> Script:
    """Return the finished conversation. Raises InputError where the template refuses it, or rewrites the answer."""
    tokenizer = model.tokenizer
    safe = guarded(model, (*turns, Turn(role="assistant", content=answer)))
    before, said = safe.turns[:-1], safe.turns[-1].content
    thought, spoken = parted(said, closing_texts(tokenizer))
    if thought and not spoken:
        raise InputError("the answer is a thought alone, with no answer after it")
    if not tokenizer.chat_template:
        lead = plain_text(before)
        text = f"{lead} {said.strip()}"
        return Script(Lead(lead, safe.letters), text, len(lead) + 1, text.rindex(spoken.strip()), len(text), True)
    before = settled(tokenizer, before)
    ends = around(tokenizer, before)
    if ends is None:
        lead = opening_text(tokenizer, before)
        text = lead + said
        return Script(Lead(lead, safe.letters), text, len(lead), text.rindex(spoken), len(text), False)
    lead, after = ends
    whole = finished_text(tokenizer, (*before, Turn(role="assistant", content=said)))
    end = len(whole) - len(after)
    start = _start_of(whole[:end], lead, spoken.strip(), bool(thought)) if whole.endswith(after) else None
    if start is None:
        raise InputError("the model's chat template rewrites this answer; it cannot be told where the answer stands")
    taught = len(lead) if whole.startswith(lead) else max(whole.rfind(opens, 0, start) for opens in OPENS)
    return Script(Lead(lead, safe.letters), whole, taught if taught >= 0 else start, start, end, True)


def _start_of(body: str, lead: str, spoken: str, has_thought: bool) -> int | None:
    """Return where the answer begins in the text that ends with it; None where it is not what was to be said."""
    if not has_thought:
        return len(lead) if body.startswith(lead) and body[len(lead) :].strip() == spoken else None
    start = len(body.rstrip()) - len(spoken)
    return start if body.rstrip().endswith(spoken) else None
