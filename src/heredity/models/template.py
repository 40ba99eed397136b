"""What a chat template writes, with all that it would take from elsewhere held still.

A template may read the clock, or a switch that nobody set. Here the clock stands still and switches for thinking are
off, so that the same turns are the same text on every day.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from jinja2 import Environment, meta
from jinja2.exceptions import TemplateError

from heredity.ground.errors import InputError
from heredity.records.dialogue import Turn

DAY = datetime(2025, 1, 1, 12)
"""The day that a template writes where it writes one."""
SWITCHES = ("enable_thinking", "thinking")
"""Names under which templates ask whether the model shall think; all are told no."""
CLOCK = re.compile(r"""strftime_now\(\s*(["'])(.*?)\1\s*\)""")
PLAIN_STOPS = ("\nUser:", "\nAssistant:")
"""What begins the next turn of a model that has no chat template."""
NOT_READ = re.compile(r"\{%-?\s*(end)?generation\s*-?%\}")
READER = Environment(extensions=["jinja2.ext.loopcontrols"], autoescape=True)
"""Reads templates, and writes none; transformers has a tag of its own, which is passed over."""
PROBE = "PROBE"
"""An answer to look for in what a template writes."""


def switches(tokenizer: Any) -> dict[str, bool]:
    """Return the template's own switches for thinking, all off."""
    return dict.fromkeys(_switches_in(source_of(tokenizer)), False)


def source_of(tokenizer: Any) -> str:
    """Return the chat template with the day written in where it would ask for today's; empty where there is none."""
    return _without_clock(str(tokenizer.get_chat_template())) if tokenizer.chat_template else ""


def asks_for_the_day(tokenizer: Any) -> bool:
    """Whether the template would write today's date."""
    return bool(tokenizer.chat_template) and "strftime_now" in str(tokenizer.get_chat_template())


def opening_text(tokenizer: Any, turns: Sequence[Turn]) -> str:
    """Return the text after which the template lets the assistant speak. Raises InputError when it refuses."""
    return _applied(tokenizer, turns, opens=True)


def finished_text(tokenizer: Any, turns: Sequence[Turn]) -> str:
    """Return the text of a conversation that is over. Raises InputError when the template refuses it."""
    return _applied(tokenizer, turns, opens=False)


def around(tokenizer: Any, turns: Sequence[Turn]) -> tuple[str, str] | None:
    """Return what the template writes before and after the answer that ends a conversation.

    None where it writes no finished answer: it refuses one, or leaves it out.
    """
    probe = PROBE
    while any(probe in turn.content for turn in turns):
        probe += PROBE[-1]
    try:
        whole = finished_text(tokenizer, (*turns, Turn(role="assistant", content=probe)))
    except InputError:
        return None
    before, found, after = whole.rpartition(probe)
    return (before, after) if found else None


def settled(tokenizer: Any, turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Return the turns as the template takes them: a system text that it would drop stands in the first user turn.

    Raises InputError when the template refuses the turns, or leaves out what the user or a tool says.
    """
    system = next((turn.content.strip() for turn in turns if turn.role == "system"), None)
    taken = tuple(turns) if system is None or _is_written(tokenizer, turns, system) else fold_system(turns)
    text = opening_text(tokenizer, taken)
    if any(turn.content.strip() not in text for turn in taken if turn.role in ("user", "tool")):
        raise InputError("the model's chat template leaves out what the user or a tool says, or changes it")
    return taken


def _is_written(tokenizer: Any, turns: Sequence[Turn], system: str) -> bool:
    """Whether the system text stands both before an answer to be given and before one that was given."""
    try:
        written = [opening_text(tokenizer, turns)]
    except InputError:
        return False
    ends = around(tokenizer, turns)
    return all(system in text for text in [*written, *([ends[0]] if ends else [])])


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
    """Return the turns for a model that has no chat template, up to where the assistant speaks."""
    label = {"system": "", "user": "User: ", "assistant": "Assistant: ", "tool": "Tool: "}
    return "\n\n".join([label[turn.role] + turn.content for turn in turns] + ["Assistant:"])


@lru_cache(maxsize=32)
def _without_clock(source: str) -> str:
    return CLOCK.sub(lambda call: json.dumps(DAY.strftime(call.group(2)), ensure_ascii=False), source)


@lru_cache(maxsize=32)
def _switches_in(source: str) -> tuple[str, ...]:
    """Return the switches that the template asks for and does not set."""
    try:
        asked = meta.find_undeclared_variables(READER.parse(NOT_READ.sub("", source)))
    except TemplateError:
        return ()
    return tuple(name for name in SWITCHES if name in asked)


@lru_cache(maxsize=32)
def _takes_parts(tokenizer: Any, source: str) -> bool:
    """Whether the template reads what is said from a list of parts alone, as those of models that see do."""
    for form in (False, True):
        try:
            if PROBE in _written(tokenizer, source, [Turn(role="user", content=PROBE)], True, form):
                return form
        except InputError:
            continue
    return False


def _applied(tokenizer: Any, turns: Sequence[Turn], opens: bool) -> str:
    source = source_of(tokenizer)
    return _written(tokenizer, source, turns, opens, _takes_parts(tokenizer, source))


def _written(tokenizer: Any, source: str, turns: Sequence[Turn], opens: bool, in_parts: bool) -> str:
    said = [[{"type": "text", "text": turn.content}] if in_parts else turn.content for turn in turns]
    messages = [{"role": turn.role, "content": content} for turn, content in zip(turns, said, strict=True)]
    try:
        return str(
            tokenizer.apply_chat_template(
                messages,
                chat_template=None if source == tokenizer.get_chat_template() else source,
                tokenize=False,
                add_generation_prompt=opens,
                **switches(tokenizer),
            )
        )
    except TemplateError as error:
        raise InputError(f"the model's chat template refuses these turns: {error}") from error
