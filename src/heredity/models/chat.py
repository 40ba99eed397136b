"""From turns to token ids, with the exact spans of prompt and response.

The ids are those that the model's own template writes for the finished conversation. What stands before the answer is
the same whatever the answer is: training, scoring and generation begin at one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from heredity.ground.errors import InputError
from heredity.models.ending import ending_after, ending_of, require_end
from heredity.models.model import Model
from heredity.models.places import Encoded, beginning, encoded
from heredity.models.template import PROBE
from heredity.models.turns import Lead, Script, lead_of, script_of
from heredity.records.dialogue import Turn


@dataclass(frozen=True)
class Rendered:
    """Token ids of a prompt followed by a response."""

    ids: tuple[int, ...]
    n_prompt: int
    """Ids before the response; the response is all that follows."""
    n_opening: int = 0
    """Ids at the beginning that stand for no text: they open every prompt and are no part of what it says."""

    @property
    def n_response(self) -> int:
        """Ids of the response."""
        return len(self.ids) - self.n_prompt


def question(text: str, system: str | None = None) -> tuple[Turn, ...]:
    """Return the turns of one question, with or without a system prompt."""
    before = (Turn(role="system", content=system),) if system else ()
    return (*before, Turn(role="user", content=text))


def render_prompt(model: Model, turns: Sequence[Turn], speaks: bool = True) -> tuple[int, ...]:
    """Return the ids that the model answers to: what stands before the answer in the finished conversation.

    So a template's empty thought or channel stands there, and the model answers at once. Where the template always has
    a thought begin that the finished conversation leaves out, the prompt begins it if the model `speaks`. A template
    without a system role gets the system text in front of the first user turn; a model without any template gets
    `User:` / `Assistant:` lines. Raises InputError when the template refuses the turns.
    """
    return _lead_ids(model, lead_of(model, turns, speaks))


def render(model: Model, turns: Sequence[Turn], response: str) -> Rendered:
    """Return prompt and response ids, without what ends the turn; a thought before the response counts to the prompt.

    Raises InputError when the template refuses the turns, or rewrites the response.
    """
    spans = _spans(model, script_of(model, turns, response))
    if spans.whole.ends[spans.n_answered - 1] > spans.script.end:  # its last token holds some of what ends the turn
        spans = _spans(model, replace(spans.script, text=spans.script.text[: spans.script.end]))
    return Rendered(spans.whole.ids[: spans.n_answered], spans.n_prompt, spans.n_opening)


def render_rest(model: Model, turns: Sequence[Turn], given: str, rest: str) -> Rendered:
    """Return the ids of an answer of which the beginning, `given`, counts to the prompt."""
    if not given:
        return render(model, turns, rest)
    begun, whole = render(model, turns, given), render(model, turns, f"{given} {rest}")
    if whole.ids[: len(begun.ids)] == begun.ids:
        return Rendered(whole.ids, len(begun.ids), begun.n_opening)
    rest_ids = model.tokenizer(f" {rest}", add_special_tokens=False)["input_ids"]
    return Rendered((*begun.ids, *rest_ids), len(begun.ids), begun.n_opening)


def render_exchanges(model: Model, exchanges: Sequence[tuple[tuple[Turn, ...], str]]) -> list[Rendered]:
    """Return the answers of a row (`row.exchanges` or `row.lessons`), each with all that comes before it.

    Raises InputError when one is longer than the context, or the template refuses the turns.
    """
    parts = [render(model, context, answer) for context, answer in exchanges]
    longest = max(len(part.ids) for part in parts)
    if longest > model.context_length:
        raise InputError(f"{longest} tokens, longer than the model's context of {model.context_length}")
    return parts


def render_example(model: Model, turns: Sequence[Turn], response: str) -> Rendered:
    """Return prompt and response ids with what ends the turn, as a model is trained on them.

    A thought before the response is taught with it, where the template writes it. Raises InputError when the template
    refuses the turns, or nothing tells what ends a turn.
    """
    spans = _spans(model, script_of(model, turns, response))
    ending = require_end(model, ending_after(model, spans.script, spans.whole))
    return Rendered((*spans.whole.ids[: spans.n_answered], *ending), spans.n_untaught, spans.n_opening)


def end_of_turn(model: Model) -> int:
    """Return the last id of what ends an assistant's turn. Raises InputError when that is not known."""
    return require_end(model, ending_of(model))[-1]


def ended(model: Model, rendered: Rendered) -> Rendered:
    """Return a response with what ends the turn. Raises InputError when that is not known."""
    return replace(rendered, ids=(*rendered.ids, *require_end(model, ending_of(model))))


def render_text(model: Model, text: str, rest: str) -> Rendered:
    """Return a text that is no conversation, and what follows it after a blank as the response."""
    begun, whole = beginning(model.tokenizer), encoded(model.tokenizer, f"{text} {rest}", {})
    return Rendered((*begun, *whole.ids), len(begun) + whole.n_up_to(len(text)), len(begun))


@dataclass(frozen=True)
class _Spans:
    """A finished conversation in ids, and how many of them stand before each part."""

    script: Script
    whole: Encoded
    n_opening: int
    n_untaught: int
    n_prompt: int
    n_answered: int


def _spans(model: Model, script: Script) -> _Spans:
    lead = script.lead
    lead_ids, whole = _lead_ids(model, lead), _laid_out(model, script.text, lead)
    begins_alike = script.text.startswith(lead.text)
    if begins_alike and whole.ids[: len(lead_ids)] != lead_ids:
        whole = encoded(model.tokenizer, script.text[len(lead.text) :], lead.letters).after(lead_ids, len(lead.text))
    n_untaught = len(lead_ids) if begins_alike else whole.n_up_to(script.taught)
    n_prompt = n_untaught if script.start == script.taught else whole.n_up_to(script.start)
    n_answered = max(n_prompt, whole.n_begun(script.end))
    n_opening = len(_before_text(model)) or int(whole.ids[:1] == (model.tokenizer.bos_token_id,))
    return _Spans(script, whole, n_opening, n_untaught, n_prompt, n_answered)


def _lead_ids(model: Model, lead: Lead) -> tuple[int, ...]:
    """Return the ids before an answer, whatever it is; a blank that joins the answer's first word is none of them."""
    gap = "" if model.tokenizer.chat_template else " "
    whole = _laid_out(model, f"{lead.text}{gap}{PROBE}", lead)
    return whole.ids[: whole.n_up_to(len(lead.text))]


def _laid_out(model: Model, text: str, lead: Lead) -> Encoded:
    return encoded(model.tokenizer, text, lead.letters).after(_before_text(model), 0)


def _before_text(model: Model) -> tuple[int, ...]:
    """Return what the tokenizer begins a text with; a chat template writes that itself."""
    return () if model.tokenizer.chat_template else beginning(model.tokenizer)
