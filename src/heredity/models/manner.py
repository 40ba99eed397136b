"""How a server wants to be asked, where it is not as most do.

In: a manner and what a server said when it refused. Out: the manner that it asks for, or None.
Does not: send; or leave out what a reply would be worth nothing without (log probabilities), unless it was told to.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from heredity.models.remote.replies import ChatRequest, Fault, Manner

OPTIONAL = ("temperature", "seed")
"""Arguments that a request can do without."""
NOT_KNOWN = (
    "unsupported", "not supported", "not support", "unrecognized", "unknown", "not permitted", "not allowed",
    "deprecated", "only the default", "extra_forbidden", "instead",
)  # fmt: skip
"""What servers say of an argument that they do not take."""
OUT_OF_RANGE = "must be"
"""What they say of a value that they do not take, such as a temperature of 0."""
NUMBER = re.compile(r"(?<![\w.-])\d{1,2}(?!\w|\.\d)")


class Refusal(NamedTuple):
    """A request that was turned down, and the server's words."""

    fault: Fault
    words: str
    """The whole message, the argument it names before it, in lower case."""


def refusal_of(fault: Fault, body: Any) -> Refusal:
    """Return a refusal with the words of an error's body, whatever form it has."""
    named = body.get("param") if isinstance(body, dict) else None
    message = body.get("message") if isinstance(body, dict) else body
    return Refusal(fault, f"{named or ''}: {message or fault.reason}".lower())


def advised(refusal: Refusal) -> Fault:
    """Return the fault of a request that no other manner makes acceptable, with what may help."""
    if "logprobs" not in refusal.words:
        return refusal.fault
    advice = "a judge that shows no probabilities can be asked for its number alone (--answers)"
    return refusal.fault.model_copy(update={"reason": f"{refusal.fault.reason}; {advice}"})


def learnt(manner: Manner, request: ChatRequest, words: str) -> Manner | None:
    """Return the manner that a refusal asks for; None where it asks for none that is not in use already."""
    is_unknown = any(said in words for said in NOT_KNOWN)
    if is_unknown and "max_completion_tokens" in words and manner.tokens_as == "max_tokens":
        return manner.model_copy(update={"tokens_as": "max_completion_tokens"})
    if "logprobs" in words:
        asked = min(request.n_alternatives or 0, manner.most_alternatives)
        fewer = [n for n in map(int, NUMBER.findall(words)) if 0 < n < asked]
        return manner.model_copy(update={"most_alternatives": max(fewer)}) if fewer else None
    open_to = [name for name in OPTIONAL if name not in manner.without]
    refused = next((name for name in open_to if re.search(rf"\b{name}\b", words)), None)
    if refused is None or not (is_unknown or OUT_OF_RANGE in words):
        return None
    return manner.model_copy(update={"without": (*manner.without, refused)})
