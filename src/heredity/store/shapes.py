"""The shapes that training rows come in: each known by its fields, each read into what was said and by whom.

In: one parsed row. Out: its messages, in order. Does not: read files, or decide what of a row is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from heredity.ground.text import legible
from heredity.records.dialogue import Turn
from heredity.store.lesson_marks import Unusable
from heredity.store.speech import MARKED, Line, Said, behind, in_turn, listed, marked, turns

PAIRS = "preference pairs"
FALSE = ("false", "0", "no")
"""Labels, as text, of what is not to be said."""
RESPONSE_FIELDS = ("completion", "answer", "response")


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
    """Read a list of messages, behind a `system` of its own where there is one."""
    return behind(line, raw, in_turn(line, raw["messages"], "messages"))


def share_gpt(line: Line, raw: Mapping[str, Any]) -> list[Said]:
    """Read `conversations` of `from` and `value`, behind a `system` of its own where there is one."""
    value = listed(line, raw["conversations"], "conversations")
    if isinstance(value, list) and all(isinstance(message, dict) for message in value):
        names = ["value" if "value" in message else "content" for message in value]
        said = in_turn(line, [renamed(message) for message in value], "conversations")
        said = [speech._replace(place=(*speech.place[:-1], name)) for speech, name in zip(said, names, strict=True)]
        return behind(line, raw, said)
    return behind(line, raw, in_turn(line, value, "conversations"))


def renamed(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message of `from` and `value` as one of `role` and `content`."""
    names = {"from": "role", "value": "content"}
    return {names.get(name, name): value for name, value in message.items()}


def prompted(line: Line, raw: Mapping[str, Any]) -> list[Said]:
    """Read a prompt and what is to be said to it; where `label` calls it undesired, nothing is taught."""
    label = raw.get("label")
    if (isinstance(label, bool | int | float) and label == 0) or (isinstance(label, str) and label.lower() in FALSE):
        raise Unusable("`label` is false: the row says how not to answer")
    answers = [name for name in RESPONSE_FIELDS if raw.get(name) is not None]
    if len(answers) > 1:
        raise line.wrong(f"{' and '.join(f'`{name}`' for name in answers)} both answer; say which with --map")
    answer = turns(line, raw[answers[0]], answers[0], "assistant")
    return behind(line, raw, [*prompt(line, raw["prompt"]), *answer])


def preferred(line: Line, raw: Mapping[str, Any]) -> list[Said]:
    """Read the chosen side of a pair: after its prompt, or as a whole conversation."""
    chosen, rejected = (side(line, raw[name], name, raw.get("prompt")) for name in ("chosen", "rejected"))
    asked = prompt(line, raw["prompt"]) if raw.get("prompt") is not None else []
    if chosen and chosen[0].turn.role != "assistant":  # a whole conversation: what both sides share came before
        shared = takewhile(lambda pair: pair[0].turn == pair[1].turn, zip(chosen, rejected, strict=False))
        n_before = max(len(list(shared)), len(asked) if [one.turn for one in asked] == turns_of(chosen, asked) else 0)
        chosen = [speech._replace(is_before=i < n_before) for i, speech in enumerate(chosen)]
        asked = []
    return behind(line, raw, [*asked, *chosen])


def side(line: Line, value: Any, field: str, asked: Any) -> list[Said]:
    """Read one side of a pair: text after a prompt, marked turns, or messages."""
    value = listed(line, value, field)
    if isinstance(value, str) and (asked is None or MARKED.match(value)):
        return marked(line, value, field)
    return turns(line, value, field, "assistant")


def turns_of(said: Sequence[Said], like: Sequence[Said]) -> list[Turn]:
    """Return the first turns of what was said, as many as there are of the others."""
    return [speech.turn for speech in said[: len(like)]]


def prompt(line: Line, value: Any) -> list[Said]:
    """Read a prompt: text, marked turns of which the last is to be answered, or messages."""
    value = listed(line, value, "prompt")
    if isinstance(value, str) and MARKED.match(value):
        said = [speech for speech in marked(line, value, "prompt") if speech.turn.content.strip()]
    else:
        said = turns(line, value, "prompt", "user")
    return [speech._replace(is_before=True) for speech in said]


def instructed(line: Line, raw: Mapping[str, Any]) -> list[Said]:
    """Read an instruction with its input, what came before it, and its output ([Alpaca])."""
    field = first_of(raw, ("output", "response"))
    asked = together(line, raw, ("instruction", "input", "context"))
    history = raw.get("history") or []
    if not isinstance(history, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in history):
        raise line.wrong("`history` is no list of pairs of what was asked and answered")
    earlier = [
        speech._replace(place=("history", i, place))
        for i, pair in enumerate(history)
        for place, role in enumerate(("user", "assistant"))
        for speech in turns(line, pair[place], "history", role)
    ]
    answer = turns(line, raw[field], field, "assistant")
    return behind(line, raw, [*earlier, *turns(line, asked, "instruction", "user"), *answer])


def together(line: Line, raw: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the texts of several fields, one under the other. Raises RowError for one that is no text."""
    parts = {name: raw[name] for name in names if raw.get(name) is not None}
    strange = next((name for name, part in parts.items() if not isinstance(part, str)), None)
    if strange is not None:
        raise line.wrong(f"`{strange}` is {legible(parts[strange])}, not text")
    return "\n\n".join(part for part in parts.values() if part.strip())


def asked_by(question: str, answer: str) -> Callable[[Line, Mapping[str, Any]], list[Said]]:
    """Return what reads a question and its answer from two fields."""

    def read(line: Line, raw: Mapping[str, Any]) -> list[Said]:
        asked = turns(line, together(line, raw, (question, "context")), question, "user")
        return behind(line, raw, [*asked, *turns(line, raw[answer], answer, "assistant")])

    return read


def text_alone(line: Line, raw: Mapping[str, Any]) -> list[Said]:
    """Read text: as marked turns where it has any, else as an answer to nothing."""
    value, beside = raw["text"], [name for name in CONTENT if raw.get(name) is not None]
    if beside:
        named = ", ".join(f"`{name}`" for name in beside)
        raise line.wrong(f"`text` stands beside {named}; say what is what with --map")
    if isinstance(value, str) and MARKED.match(value):
        return marked(line, value, "text")
    answer = [speech._replace(place=()) for speech in turns(line, value, "text", "assistant")]
    return [*turns(line, "", "text", "user"), *answer]


SHAPES = (
    Shape("messages", ("messages",), messages, more=("system",)),
    Shape("ShareGPT", ("conversations",), share_gpt, more=("system",)),
    Shape("prompt and response", ("prompt",), prompted, RESPONSE_FIELDS, ("label", "system")),
    Shape(PAIRS, ("chosen", "rejected"), preferred, more=("prompt", "system")),
    Shape(
        "Alpaca",
        ("instruction",),
        instructed,
        ("output", "response"),
        ("input", "context", "system", "history"),
    ),
    Shape("question and answer", ("question", "answer"), asked_by("question", "answer"), more=("context", "system")),
    Shape("query and response", ("query", "response"), asked_by("query", "response"), more=("context", "system")),
    Shape("text", ("text",), text_alone),
)
"""Every shape that is read; the first that fits a row is its own."""
KNOWN = tuple(dict.fromkeys(name for shape in SHAPES for name in (*shape.needs, *shape.any_of, *shape.more)))
"""Every field that some shape looks at."""
CONTENT = tuple(name for name in KNOWN if name not in ("text", "label", "system"))
"""Those that say something of their own."""
