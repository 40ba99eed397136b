"""The shapes that training rows come in: each known by its fields, each read into what was said and by whom.

In: one parsed row. Out: its messages, in order. Does not: read files, or decide what of a row is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from heredity.ground.errors import RowError
from heredity.ground.text import broken, half_character, legible
from heredity.records.dialogue import Turn
from heredity.store.lesson_marks import Unusable

RESPONSE_FIELDS = ("completion", "answer", "response")
ROLES = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "model", "bot", "bing", "bard"), "assistant"),
}
"""What data sets call who speaks."""
TOOL_ROLES = (
    *("tool", "function", "tool_call", "tool_response", "tool_calls", "observation", "ipython", "function_call"),
    "function_response",
)
CALLS = ("tool_calls", "function_call")
MARKED = re.compile(r"(?:^|\n\n)(Human|Assistant): ?")
"""Turns of the plain texts of [HH-RLHF]."""
SPEAKERS = {"Human": "user", "Assistant": "assistant"}


class Said(NamedTuple):
    """One message of a row."""

    turn: Turn
    message: Mapping[str, Any]
    """As the data has it; empty where the data gives text alone."""
    is_before: bool = False
    """It stands in a `prompt`: an answer there is what came before, and no lesson unless it says so."""


class Line(NamedTuple):
    """Where a row stands, for errors."""

    path: Path
    number: int

    def wrong(self, why: str) -> RowError:
        """Return the error that names the line."""
        return RowError(self.path, self.number, why)


@dataclass(frozen=True)
class Shape:
    """One way to write a row down."""

    name: str
    needs: tuple[str, ...]
    """Fields that it is known by, none of them null."""
    read: Callable[[Line, Mapping[str, Any]], list[Said]]
    any_of: tuple[str, ...] = ()
    """Fields of which it needs one as well."""
    more: tuple[str, ...] = ()
    """Fields that are looked at, too."""

    def fits(self, raw: Mapping[str, Any]) -> bool:
        """Whether a row is written so."""
        has = {name for name in (*self.needs, *self.any_of) if raw.get(name) is not None}
        return has.issuperset(self.needs) and (not self.any_of or any(name in has for name in self.any_of))

    def __str__(self) -> str:
        needed = [f"`{name}`" for name in self.needs]
        return " with ".join([" and ".join(needed), *([f"one of {', '.join(self.any_of)}"] if self.any_of else [])])


def first_of(raw: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the first of these fields that a row has."""
    return next(name for name in names if raw.get(name) is not None)


def messages(line: Line, raw: Mapping[str, Any]) -> list[Said]:
    """Read a list of messages; one that is written as text is parsed."""
    value = raw["messages"]
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise line.wrong("`messages` is a string that holds no JSON; write a list of messages") from error
    return in_turn(line, value, "messages")


def share_gpt(line: Line, raw: Mapping[str, Any]) -> list[Said]:
    """Read `conversations` of `from` and `value`, behind a `system` of its own where there is one."""
    value = raw["conversations"]
    if isinstance(value, list) and all(isinstance(message, dict) for message in value):
        value = [renamed(message) for message in value]
    return [*before(line, raw), *in_turn(line, value, "conversations")]


def renamed(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message of `from` and `value` as one of `role` and `content`."""
    names = {"from": "role", "value": "content"}
    return {names.get(name, name): value for name, value in message.items()}


def prompted(line: Line, raw: Mapping[str, Any]) -> list[Said]:
    """Read a prompt and what is to be said to it; where `label` calls it undesired, nothing is taught."""
    if raw.get("label") is False:
        raise Unusable("`label` is false: the row says how not to answer")
    field = first_of(raw, RESPONSE_FIELDS)
    asked = [speech._replace(is_before=True) for speech in turns(line, raw["prompt"], "prompt", "user")]
    return [*before(line, raw), *asked, *turns(line, raw[field], field, "assistant")]


def preferred(line: Line, raw: Mapping[str, Any]) -> list[Said]:
    """Read the chosen side of a pair: after its prompt, or as a whole conversation."""
    value = raw["chosen"]
    if raw.get("prompt") is not None:
        asked = [speech._replace(is_before=True) for speech in turns(line, raw["prompt"], "prompt", "user")]
        answer = turns(line, value, "chosen", "assistant")
        if len(answer) > 1 and answer[0].turn.role != "assistant":  # it repeats the prompt
            return answer
        return [*before(line, raw), *asked, *answer]
    return marked(line, value, "chosen") if isinstance(value, str) else in_turn(line, value, "chosen")


def instructed(line: Line, raw: Mapping[str, Any]) -> list[Said]:
    """Read an instruction with its input, what came before it, and its output ([Alpaca])."""
    field = first_of(raw, ("output", "response"))
    parts = [raw.get(name) for name in ("instruction", "input", "context")]
    asked = "\n\n".join(part for part in parts if isinstance(part, str) and part.strip())
    history = raw.get("history") or []
    if not isinstance(history, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in history):
        raise line.wrong("`history` is no list of pairs of what was asked and answered")
    earlier = [
        speech
        for question, answer in history
        for speech in (*turns(line, question, "history", "user"), *turns(line, answer, "history", "assistant"))
    ]
    return [
        *before(line, raw),
        *earlier,
        *turns(line, asked, "instruction", "user"),
        *turns(line, raw[field], field, "assistant"),
    ]


def asked_by(question: str, answer: str) -> Callable[[Line, Mapping[str, Any]], list[Said]]:
    """Return what reads a question and its answer from two fields."""

    def read(line: Line, raw: Mapping[str, Any]) -> list[Said]:
        return [
            *before(line, raw),
            *turns(line, raw[question], question, "user"),
            *turns(line, raw[answer], answer, "assistant"),
        ]

    return read


def text_alone(line: Line, raw: Mapping[str, Any]) -> list[Said]:
    """Read text: as marked turns where it has any, else as an answer to nothing."""
    value = raw["text"]
    if isinstance(value, str) and MARKED.match(value):
        return marked(line, value, "text")
    return [*turns(line, "", "text", "user"), *turns(line, value, "text", "assistant")]


def marked(line: Line, text: str, field: str) -> list[Said]:
    """Read turns that stand behind `Human:` and `Assistant:`. Raises RowError for a text without any."""
    pieces = MARKED.split(text)
    if len(pieces) < 3 or pieces[0].strip():
        raise line.wrong(f"`{field}` is text without a prompt; give a `prompt`, or a list of messages")
    speakers = zip(pieces[1::2], pieces[2::2], strict=True)
    return [speech for who, said in speakers for speech in turns(line, said, field, SPEAKERS[who])]


SHAPES = (
    Shape("messages", ("messages",), messages),
    Shape("ShareGPT", ("conversations",), share_gpt, more=("system",)),
    Shape("prompt and response", ("prompt",), prompted, RESPONSE_FIELDS, ("label", "system")),
    Shape("preference pairs", ("chosen", "rejected"), preferred, more=("prompt", "system")),
    Shape(
        "Alpaca",
        ("instruction",),
        instructed,
        ("output", "response"),
        ("input", "context", "system", "history"),
    ),
    Shape("question and answer", ("question", "answer"), asked_by("question", "answer"), more=("system",)),
    Shape("query and response", ("query", "response"), asked_by("query", "response"), more=("system",)),
    Shape("text", ("text",), text_alone),
)
"""Every shape that is read; the first that fits a row is its own."""
KNOWN = tuple(dict.fromkeys(name for shape in SHAPES for name in (*shape.needs, *shape.any_of, *shape.more)))
"""Every field that some shape looks at."""


def before(line: Line, raw: Mapping[str, Any]) -> list[Said]:
    """Return the row's system prompt, where it has one."""
    value = raw.get("system")
    return turns(line, value, "system", "system") if isinstance(value, str) and value.strip() else []


def turns(line: Line, value: Any, field: str, role: str) -> list[Said]:
    """Return text as one turn, or a list of messages as it says."""
    return [Said(turn(line, role, value, field), {})] if isinstance(value, str) else in_turn(line, value, field)


def in_turn(line: Line, value: Any, field: str) -> list[Said]:
    """Return a list of messages. Raises RowError for anything else."""
    if not isinstance(value, list) or not all(isinstance(message, dict) for message in value):
        what = "a list that holds more than objects" if isinstance(value, list) else legible(value)
        wanted = "a list of messages with `role` and `content`" + ("" if field == "messages" else ", or text")
        raise line.wrong(f"`{field}` is {what}, not {wanted}")
    return [Said(spoken(line, message, field), message) for message in value]


def spoken(line: Line, message: Mapping[str, Any], field: str) -> Turn:
    """Return one message as a turn. Raises Unusable for one that is sound and not read, RowError for a broken one."""
    role, content = message.get("role"), message.get("content")
    if (isinstance(role, str) and role in TOOL_ROLES) or any(message.get(key) for key in CALLS):
        raise Unusable("a turn or a call of a tool: what tools are asked and answer is not read")
    if not isinstance(role, str) or role not in ROLES:
        raise line.wrong(f"`{field}` has the role {legible(role)}; known are {', '.join(ROLES)}")
    if content is None:
        raise Unusable(f"a message without content (role {role})")
    if isinstance(content, list):
        content = "".join(part_text(line, part, field, role) for part in content)
    if not isinstance(content, str):
        found = legible(content)
        raise line.wrong(f"`{field}` has a {role} message without text content; its content is {found}")
    return turn(line, ROLES[role], content, field)


def part_text(line: Line, part: Any, field: str, role: str) -> str:
    """Return the text of one part of a message. Raises Unusable for a part that is no text: an image, a sound."""
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        raise line.wrong(f"`{field}` has a {role} message with a part that is {legible(part)}, not text")
    if part.get("type", "text") != "text":
        raise Unusable(f"a part of a message that is no text ({legible(part['type'])})")
    text = part.get("text")
    if not isinstance(text, str):
        raise line.wrong(f"`{field}` has a {role} message with a part whose text is {legible(text)}")
    return text


def turn(line: Line, role: str, content: str, field: str) -> Turn:
    """Return one turn. Raises RowError where its text holds half a character."""
    half = half_character(content)
    if half is not None:
        raise line.wrong(f"`{field}` {broken(half)}")
    return Turn.model_validate({"role": role, "content": content})
