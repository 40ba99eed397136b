"""From one line of a file to a row: what is said, by whom, and which of it is taught.

In: a parsed line. Out: a Row, or the reason why it is left out.
Does not: read the files, or guess at a shape that it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from heredity.ground.errors import RowError
from heredity.ground.text import broken, half_character, legible, printable
from heredity.records.dialogue import Exclusion, Row, Turn
from heredity.store.lesson_marks import Unusable, row_marks, taught

RESPONSE_FIELDS = ("completion", "answer", "response")
FIELDS = ("messages", "prompt", *RESPONSE_FIELDS, "weight", "loss_mask", "assistant_masks", "completion_mask")
"""Fields of a row that are looked at."""
ROLES = {"system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "assistant"}
TOOL_ROLES = ("tool", "function", "tool_call", "tool_response", "tool_calls", "observation", "ipython")
CALLS = ("tool_calls", "function_call")
MOST_NAMED = 20
"""Fields of a row that an error names."""


class Said(NamedTuple):
    """One message of a row."""

    turn: Turn
    message: Mapping[str, Any]
    """As the data has it; empty where the data gives text alone."""
    is_before: bool = False
    """It stands in a `prompt`: an answer there is what came before, and no lesson unless it says so."""


def row_of(path: Path, line: int, raw: Any, as_spoken: bool = False) -> Row | Exclusion:
    """Return the row that a line holds, or why it is left out.

    `as_spoken` takes all that an assistant says, whatever of it is taught. Raises RowError for a line that is
    malformed, or of a shape that is not known.
    """
    if not isinstance(raw, dict):
        shape = "an array; write one object a line (JSONL)" if isinstance(raw, list) else legible(raw)
        raise RowError(path, line, f"a row must be a JSON object with `messages`, or `prompt`; this is {shape}")
    try:
        said = _said(path, line, raw)
        turns = tuple(speech.turn for speech in said)
        untaught = () if as_spoken else _untaught(raw, said)
        require_usable(turns, untaught)
    except Unusable as error:
        return Exclusion(line=line, reason=str(error))
    return Row(line=line, turns=turns, untaught=untaught)


def require_usable(turns: tuple[Turn, ...], untaught: tuple[int, ...]) -> None:
    """Raise Unusable with the reason why a row teaches nothing, where it does not."""
    answers = [i for i, turn in enumerate(turns) if turn.role == "assistant"]
    if not answers:
        raise Unusable("no assistant turn")
    if any(not turns[i].content.strip() for i in answers):
        raise Unusable("empty assistant turn")
    if not any(turn.role == "user" for turn in turns[: answers[0]]):
        raise Unusable("no user turn before the first answer")
    if set(answers) <= set(untaught):
        raise Unusable("no answer that is taught: the data gives each of them no weight")


def _said(path: Path, line: int, raw: dict[str, Any]) -> list[Said]:
    if raw.get("messages") is not None:
        return _messages(path, line, raw["messages"], "messages")
    field = next((name for name in RESPONSE_FIELDS if raw.get(name) is not None), None)
    if raw.get("prompt") is not None and field is not None:
        before = _turns(path, line, raw["prompt"], "prompt", "user")
        return [speech._replace(is_before=True) for speech in before] + _turns(
            path, line, raw[field], field, "assistant"
        )
    null = [name for name in ("messages", "prompt", *RESPONSE_FIELDS) if name in raw and raw[name] is None]
    if null and ("messages" in raw or ("prompt" in raw and any(name in raw for name in RESPONSE_FIELDS))):
        raise Unusable(f"`{null[0]}` is null")
    has = ", ".join(printable(str(name))[:40] for name in list(raw)[:MOST_NAMED]) or "-"
    wanted = f"needs `messages`, or `prompt` with one of {', '.join(RESPONSE_FIELDS)}"
    raise RowError(path, line, f"{wanted}; it has: {has}")


def _turns(path: Path, line: int, value: Any, field: str, role: str) -> list[Said]:
    if isinstance(value, str):
        return [Said(_turn(path, line, role, value, field), {})]
    return _messages(path, line, value, field)


def _messages(path: Path, line: int, value: Any, field: str) -> list[Said]:
    if field == "messages" and isinstance(value, str):
        raise RowError(path, line, "`messages` is a string, not a list of messages; parse the JSON in it first")
    if not isinstance(value, list) or not all(isinstance(message, dict) for message in value):
        what = "a list that holds more than objects" if isinstance(value, list) else legible(value)
        wanted = "a list of messages with `role` and `content`" + ("" if field == "messages" else ", or text")
        raise RowError(path, line, f"`{field}` is {what}, not {wanted}")
    return [Said(_message(path, line, message, field), message) for message in value]


def _message(path: Path, line: int, message: dict[str, Any], field: str) -> Turn:
    role, content = message.get("role"), message.get("content")
    if (isinstance(role, str) and role in TOOL_ROLES) or any(message.get(key) for key in CALLS):
        raise Unusable("a turn or a call of a tool: what tools are asked and answer is not read")
    if not isinstance(role, str) or role not in ROLES:
        raise RowError(path, line, f"`{field}` has the role {legible(role)}; known are {', '.join(ROLES)}")
    if content is None:
        raise Unusable(f"a message without content (role {role})")
    if isinstance(content, list):
        raise RowError(path, line, f"`{field}` has a {role} message that is a list of parts; give it as one text")
    if not isinstance(content, str):
        found = legible(content)
        raise RowError(path, line, f"`{field}` has a {role} message without text content; its content is {found}")
    return _turn(path, line, ROLES[role], content, field)


def _turn(path: Path, line: int, role: str, content: str, field: str) -> Turn:
    half = half_character(content)
    if half is not None:
        raise RowError(path, line, f"`{field}` {broken(half)}")
    return Turn.model_validate({"role": role, "content": content})


def _untaught(raw: Mapping[str, Any], said: Sequence[Said]) -> tuple[int, ...]:
    """Return the places of answers that are not taught. Raises Unusable for what the data says and cannot be kept."""
    by_row = row_marks(raw, len(said))
    places = []
    for i, speech in enumerate(said):
        mark = taught(speech.message)
        if speech.turn.role != "assistant":
            if mark:
                raise Unusable(
                    f"a message of the {speech.turn.role} is to be taught; only what an assistant says can be"
                )
            continue
        is_taught = mark if mark is not None else not speech.is_before
        if not is_taught or (by_row is not None and not by_row[i]):
            places.append(i)
    return tuple(places)
