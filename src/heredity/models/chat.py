"""From turns to token ids, with the exact spans of prompt and response.

Prompt and response are tokenized apart and joined, as in generation: the response span is exact by construction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2.exceptions import TemplateError

from heredity.ground.errors import InputError
from heredity.models.model import Model
from heredity.records.dialogue import Turn

PROBE = "PROBE"


@dataclass(frozen=True)
class Rendered:
    """Token ids of a prompt followed by a response."""

    ids: tuple[int, ...]
    n_prompt: int
    """Ids before the response; the response is all that follows."""

    @property
    def n_response(self) -> int:
        """Ids of the response."""
        return len(self.ids) - self.n_prompt


def question(text: str, system: str | None = None) -> tuple[Turn, ...]:
    """Return the turns of one question, with or without a system prompt."""
    before = (Turn(role="system", content=system),) if system else ()
    return (*before, Turn(role="user", content=text))


def render_prompt(model: Model, turns: Sequence[Turn]) -> tuple[int, ...]:
    """Return the ids that the model answers to.

    A template without a system role gets the system text in front of the first user turn; a model without any
    template gets `User:` / `Assistant:` lines. Raises InputError when the template refuses the turns.
    """
    tokenizer = model.tokenizer
    if not tokenizer.chat_template:
        return tuple(tokenizer(plain_text(turns))["input_ids"])
    return tuple(tokenizer(template_text(tokenizer, turns), add_special_tokens=False)["input_ids"])


def render(model: Model, turns: Sequence[Turn], response: str) -> Rendered:
    """Return prompt and response ids, without the end-of-turn token."""
    prompt = render_prompt(model, turns)
    lead = "" if model.tokenizer.chat_template else " "
    answer = model.tokenizer(lead + response, add_special_tokens=False)["input_ids"]
    return Rendered((*prompt, *answer), len(prompt))


def render_rest(model: Model, turns: Sequence[Turn], given: str, rest: str) -> Rendered:
    """Return the ids of an answer of which the beginning, `given`, counts to the prompt."""
    if not given:
        return render(model, turns, rest)
    begun = render(model, turns, given).ids
    return Rendered((*begun, *model.tokenizer(f" {rest}", add_special_tokens=False)["input_ids"]), len(begun))


def render_exchanges(model: Model, exchanges: Sequence[tuple[tuple[Turn, ...], str]]) -> list[Rendered]:
    """Return the answers of a row (`row.exchanges` or `row.lessons`), each with all that comes before it.

    Raises InputError when one is longer than the context, or the template refuses the turns.
    """
    parts = [render(model, context, answer.strip()) for context, answer in exchanges]
    longest = max(len(part.ids) for part in parts)
    if longest > model.context_length:
        raise InputError(f"{longest} tokens, longer than the model's context of {model.context_length}")
    return parts


def render_example(model: Model, turns: Sequence[Turn], response: str) -> Rendered:
    """Return prompt and response ids with the end of the turn, as a model is trained on them."""
    rendered = render(model, turns, response)
    return Rendered((*rendered.ids, end_of_turn(model)), rendered.n_prompt)


def end_of_turn(model: Model) -> int:
    """Return the id that ends an assistant turn: the template's own, else the tokenizer's end of sequence."""
    tokenizer = model.tokenizer
    if tokenizer.chat_template:
        turns = question("?")
        before = template_text(tokenizer, turns)
        whole = _apply(tokenizer, (*turns, Turn(role="assistant", content=PROBE)), add_generation_prompt=False)
        if whole.startswith(before + PROBE):
            after = tokenizer(whole[len(before + PROBE) :], add_special_tokens=False)["input_ids"]
            special = [token for token in after if token in tokenizer.all_special_ids]
            if special:
                return int(special[0])
    if tokenizer.eos_token_id is None:
        raise InputError(f"the tokenizer of '{model.name}' has no end-of-sequence token; set one before training")
    return int(tokenizer.eos_token_id)


def template_text(tokenizer: Any, turns: Sequence[Turn]) -> str:
    """Return the chat template's text up to where the assistant begins to speak."""
    system = next((turn.content for turn in turns if turn.role == "system"), None)
    try:
        text = _apply(tokenizer, turns, add_generation_prompt=True)
        if system is None or system.strip() in text:
            return text
    except TemplateError as error:
        if system is None:
            raise InputError(f"the model's chat template refuses these turns: {error}") from error
    try:
        return _apply(tokenizer, fold_system(turns), add_generation_prompt=True)
    except TemplateError as error:
        raise InputError(f"the model's chat template refuses these turns: {error}") from error


def fold_system(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Return the turns with the system text moved to the front of the first user turn."""
    system = "\n\n".join(turn.content for turn in turns if turn.role == "system")
    rest = [turn for turn in turns if turn.role != "system"]
    first = next((i for i, turn in enumerate(rest) if turn.role == "user"), None)
    if first is None:
        return (Turn(role="user", content=system), *rest)
    rest[first] = Turn(role="user", content=f"{system}\n\n{rest[first].content}")
    return tuple(rest)


def plain_text(turns: Sequence[Turn]) -> str:
    """Return the turns for a model that has no chat template."""
    label = {"system": "", "user": "User: ", "assistant": "Assistant: "}
    return "\n\n".join([label[turn.role] + turn.content for turn in turns] + ["Assistant:"])


def _apply(tokenizer: Any, turns: Sequence[Turn], add_generation_prompt: bool) -> str:
    messages = [{"role": turn.role, "content": turn.content} for turn in turns]
    return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=add_generation_prompt))
