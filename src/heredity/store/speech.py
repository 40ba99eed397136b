"""What is said in a row: turns from texts, from lists of messages, from texts with marked turns.

In: a value of one field. Out: its turns, in order, each with the message that it was. Does not: know a row's shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from heredity.ground.errors import RowError
from heredity.ground.text import broken, half_character, legible
from heredity.records.dialogue import Turn
from heredity.store.lesson_marks import Unusable

ROLES = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "model", "bot", "bing", "bard"), "assistant"),
    **dict.fromkeys(("tool", "function", "tool_response", "observation", "ipython", "function_response"), "tool"),
}
"""What data sets call who speaks."""
CALLS = ("tool_calls", "function_call", "tool_call")
"""Fields in which an assistant calls a tool; some data sets call the role of a call so."""
MARKED = re.compile(r"(?:^|\n\n)(Human|Assistant): ?")
"""Turns of the plain texts of [HH-RLHF]."""
LISTED = re.compile(r"\s*\[\s*\{")
"""How a list of messages begins where it is written as text."""
SPEAKERS = {"Human": "user", "Assistant": "assistant"}


class Said(NamedTuple):
    """One message of a row."""

    turn: Turn
    message: Mapping[str, Any]
    """As the data has it; empty where the data gives text alone."""
    is_before: bool = False
    """It stands in a `prompt`, or calls a tool: it is what came before, and no lesson unless it says so."""
    place: tuple[str | int, ...] = ()
    """Where in the row its text stands, as far as its reader knows; empty where it is a part of another text."""


class Line(NamedTuple):
    """Where a row stands, for errors."""

    path: Path
    number: int

    def wrong(self, why: str) -> RowError:
        """Return the error that names the line."""
        return RowError(self.path, self.number, why)


def behind(line: Line, raw: Mapping[str, Any], said: list[Said]) -> list[Said]:
    """Return what was said behind the row's system prompt, where it has one and what was said has none.

    Raises RowError for one that is no text.
    """
    value = raw.get("system")
    if value is not None and not isinstance(value, str):
        raise line.wrong(f"`system` is {legible(value)}, not text")
    if not value or not value.strip() or (said and said[0].turn.role == "system"):
        return said
    return [*turns(line, value, "system", "system"), *said]


def listed(line: Line, value: Any, field: str) -> Any:
    """Return a list of messages that is written as text, parsed; any other value as it is."""
    if not isinstance(value, str) or not LISTED.match(value):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise line.wrong(f"`{field}` is a string that looks like a list of messages and is no JSON") from error


def turns(line: Line, value: Any, field: str, role: str) -> list[Said]:
    """Return text as one turn, or a list of messages as it says."""
    value = listed(line, value, field)
    if isinstance(value, str):
        return [Said(turn(line, role, value, field), {}, place=(field,))]
    return in_turn(line, value, field)


def in_turn(line: Line, value: Any, field: str) -> list[Said]:
    """Return a list of messages. Raises RowError for anything else."""
    value = listed(line, value, field)
    if not isinstance(value, list) or not all(isinstance(message, dict) for message in value):
        what = "a list that holds more than objects" if isinstance(value, list) else legible(value)
        wanted = "a list of messages with `role` and `content`" + ("" if field == "messages" else ", or text")
        raise line.wrong(f"`{field}` is {what}, not {wanted}")
    return [said(line, message, field, i) for i, message in enumerate(value)]


def said(line: Line, message: Mapping[str, Any], field: str, number: int) -> Said:
    """Return one message of a list; a call of a tool as context, whatever is said of its weight."""
    if message.get("role") in CALLS or any(message.get(key) for key in CALLS):
        return Said(turn(line, "assistant", called(line, message, field), field), {}, is_before=True)
    return Said(spoken(line, message, field), message, place=(field, number, "content"))


def called(line: Line, message: Mapping[str, Any], field: str) -> str:
    """Return a call of a tool in text: what is said with it, and its JSON."""
    role, content = message.get("role"), message.get("content")
    if role not in CALLS and ROLES.get(str(role)) != "assistant":
        raise line.wrong(f"`{field}` has a call of a tool in a message whose role is {legible(role)}")
    text = "" if content is None else spoken(line, {"role": "assistant", "content": content}, field).content
    calls = (json.dumps(message[key], ensure_ascii=False) for key in CALLS if message.get(key))
    return "\n".join(filter(None, (text, *calls)))


def spoken(line: Line, message: Mapping[str, Any], field: str) -> Turn:
    """Return one message as a turn. Raises Unusable for one that is sound and not read, RowError for a broken one."""
    role, content = message.get("role"), message.get("content")
    if not isinstance(role, str) or role not in ROLES:
        raise line.wrong(f"`{field}` has the role {legible(role)}; known are {', '.join(ROLES)}")
    if isinstance(content, dict) and ROLES[role] == "tool":
        content = json.dumps(content, ensure_ascii=False)
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


def marked(line: Line, text: str, field: str) -> list[Said]:
    """Read turns that stand behind `Human:` and `Assistant:`. Raises RowError for a text without any."""
    pieces = MARKED.split(text)
    if len(pieces) < 3 or pieces[0].strip():
        raise line.wrong(f"`{field}` is text without a prompt; give a `prompt`, or a list of messages")
    speakers = zip(pieces[1::2], pieces[2::2], strict=True)
    return [speech for who, said in speakers for speech in turns(line, said, field, SPEAKERS[who])]
