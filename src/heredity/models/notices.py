"""What a reader of a record should know of its prompts: what the template does by itself, and what rows do to it."""

from __future__ import annotations

from collections.abc import Iterable

from heredity.ground.errors import InputError
from heredity.models.ending import ending_of, told
from heredity.models.markup import notice
from heredity.models.model import Model
from heredity.models.template import DAY, asks_for_the_day, opening_text, switches
from heredity.models.turns import lead_of
from heredity.records.dialogue import Row, Turn

ASKED = (Turn(role="user", content="?"),)


def notices(model: Model, rows: Iterable[Row] = ()) -> tuple[str, ...]:
    """Return a line for each thing about the model's prompts, or about the rows in them, that is not as usual.

    A template that refuses a plain question tells nothing of itself.
    """
    try:
        own = [_thinking(model), _day(model), _end(model)]
    except InputError:
        own = []
    return tuple(line for line in [*own, notice(model, rows)] if line)


def _thinking(model: Model) -> str | None:
    named = switches(model.tokenizer)
    lead = lead_of(model, ASKED, speaks=True)
    if lead != lead_of(model, ASKED):
        return "the chat template has the model think before it answers; thoughts are neither read nor graded"
    if named:
        return f"the chat template's switch for thinking is off ({', '.join(named)})"
    opening = opening_text(model.tokenizer, ASKED) if model.tokenizer.chat_template else lead.text
    more = lead.text.removeprefix(opening).strip() if lead.text.startswith(opening) else ""
    return (
        f"prompts go on to where a finished answer begins ({more}), so that the model answers at once" if more else None
    )


def _day(model: Model) -> str | None:
    if not asks_for_the_day(model.tokenizer):
        return None
    return f"the chat template writes the day into prompts; it is held at {DAY:%d %B %Y}, so that runs can be repeated"


def _end(model: Model) -> str | None:
    source = ending_of(model).source
    if source == "unknown":
        return f"what ends an answer is not known: {told(model)}"
    return None if source == "template" else f"an answer ends with {told(model)}"
