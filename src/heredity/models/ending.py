"""What ends an assistant's turn: found out from the model's own template, never guessed in silence."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Literal

from heredity.ground.errors import InputError
from heredity.models.markup import control_tokens
from heredity.models.model import Model
from heredity.models.places import Encoded, encoded
from heredity.models.template import PLAIN_STOPS, PROBE, finished_text
from heredity.models.turns import Script, script_of
from heredity.records.dialogue import Turn

ASKED = Turn(role="user", content="?")
NEXT = Turn(role="user", content="NEXT")


@dataclass(frozen=True)
class Ending:
    """What is taught after an answer, and where a generated answer is over."""

    ids: tuple[int, ...]
    """What is taught; empty where nothing is known to end a turn."""
    source: Literal["template", "next turn", "tokenizer", "unknown"]
    """Who writes it: the template after an answer, or before the next turn (then the model's own settings agree), or
    the tokenizer, whose end of sequence stands in for an end that the template does not write."""
    stop_ids: tuple[int, ...] = ()
    """Ids at which an answer is over."""
    stops: tuple[str, ...] = ()
    """Ordinary text at which an answer is over."""


def ending_of(model: Model) -> Ending:
    """Return what ends a turn of the model. Raises InputError when its template refuses a plain question."""
    script = script_of(model, [ASKED], PROBE)
    return ending_after(model, script, encoded(model.tokenizer, script.text, script.lead.letters))


def ending_after(model: Model, script: Script, whole: Encoded) -> Ending:
    """Return what ends the last turn of a finished conversation: what stands after its answer, up to a control token
    and with the known ends that follow that at once.

    Ordinary text is an end as well. Where nothing but blanks stands there, it is the control token that begins the
    next turn if the model's own settings end answers by it, else the tokenizer's end of sequence.
    """
    tokenizer = model.tokenizer
    if not tokenizer.chat_template:
        return _stand_in(tokenizer, PLAIN_STOPS)
    if not script.is_finished:
        return Ending((), "unknown", _own_end(tokenizer))
    tail = range(whole.n_begun(script.end), len(whole.ids))
    control = control_tokens(tokenizer)
    first = next((i for i in tail if whole.ids[i] in control), None)
    ordinary = script.text[script.end : whole.starts[first] if first is not None else None].strip()
    if first is not None:
        known = {*own_ends(model.network), *_own_end(tokenizer)}
        run = (whole.ids[first], *takewhile(known.__contains__, whole.ids[first + 1 :]))
        ids = (*whole.ids[tail.start : first], *run)
        return Ending(ids, "template", (*run, *_own_end(tokenizer)), (ordinary,) if ordinary else ())
    if ordinary:
        until = script.end + len(script.text[script.end :].rstrip())
        return Ending(whole.ids[tail.start : whole.n_begun(until)], "template", _own_end(tokenizer), (ordinary,))
    return _before_the_next_turn(model, control)


def told(model: Model) -> str:
    """Return what is taught as the end of a turn, for people and for records."""
    ending = ending_of(model)
    text = model.tokenizer.decode(list(ending.ids))
    why = {
        "template": "as the chat template writes it",
        "next turn": "with which the chat template begins the next turn",
        "tokenizer": "the tokenizer's end of sequence, because "
        + ("the chat template writes none" if model.tokenizer.chat_template else "there is no chat template"),
        "unknown": "the chat template writes no finished answer",
    }
    return f"{text.strip()} ({why[ending.source]})" if text else why[ending.source]


def require_end(model: Model, ending: Ending) -> tuple[int, ...]:
    """Return what to teach after an answer. Raises InputError when that is not known."""
    if ending.ids:
        return ending.ids
    if ending.source == "unknown":
        raise InputError(
            f"the chat template of '{model.name}' writes no finished answer, so that nothing tells what ends one; give "
            "the tokenizer a template that renders assistant turns"
        )
    raise InputError(f"the tokenizer of '{model.name}' has no end-of-sequence token; set one before training")


def _before_the_next_turn(model: Model, control: dict[int, str]) -> Ending:
    tokenizer = model.tokenizer
    try:
        text = finished_text(tokenizer, (ASKED, Turn(role="assistant", content=PROBE), NEXT))
    except InputError:
        return _stand_in(tokenizer, ())
    between = text.rpartition(PROBE)[2].partition(NEXT.content)[0]
    ids = encoded(tokenizer, between, {}).ids
    first = next((i for i in ids if i in control), None)
    if first is None:
        begins = "\n" if between[: len(between) - len(between.lstrip())].count("\n") else ""
        return _stand_in(tokenizer, (begins + between.strip(),) if between.strip() else ())
    if first in own_ends(model.network):
        return Ending((first,), "next turn", (first, *_own_end(tokenizer)))
    stand_in = _stand_in(tokenizer, ())
    return Ending(stand_in.ids, stand_in.source, (first, *stand_in.stop_ids))


def own_ends(network: Any) -> list[int]:
    """Return the ids that end a text, as the network's own generation settings name them, rising."""
    own = network.generation_config.eos_token_id
    return sorted(int(i) for i in (own if isinstance(own, list) else [own]) if i is not None)


def _stand_in(tokenizer: Any, stops: tuple[str, ...]) -> Ending:
    return Ending(_own_end(tokenizer), "tokenizer", _own_end(tokenizer), stops)


def _own_end(tokenizer: Any) -> tuple[int, ...]:
    return () if tokenizer.eos_token_id is None else (int(tokenizer.eos_token_id),)
