"""The number that a remote judge answers, taken as it stands: for models that show no probabilities.

What is lost is the mean over all that it might have said; a grade is then one number, most often a round one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from heredity.ground.progress import Progress
from heredity.ground.text import legible
from heredity.models.numbers import NumberMass
from heredity.models.remote.endpoint import ChatReply, ChatRequest, Endpoint, Fault
from heredity.records.dialogue import Unscored

N_TOKENS = 16
"""Enough for a number, and the marks that models set around one."""
NUMBER = re.compile(r"(100|[1-9]?[0-9])(?: ?/ ?100)?\.?")


def answered_masses(
    endpoint: Endpoint, requests: Sequence[ChatRequest], phrase: str, progress: Progress
) -> list[NumberMass | Unscored]:
    """Return for each request all probability on the number that was answered, or why there is none.

    Raises EndpointError when the endpoint cannot be reached or answers nothing.
    """
    return [mass_of_answer(reply, phrase) for reply in endpoint.ask(requests, "judging", progress)]


def alone(request: ChatRequest) -> ChatRequest:
    """Return a request for the number without its alternatives."""
    return request.model_copy(update={"n_tokens": N_TOKENS, "n_alternatives": None})


def mass_of_answer(reply: ChatReply | Fault, phrase: str) -> NumberMass | Unscored:
    """Return all probability on the number, or the phrase, that a reply is; Unscored for any other reply."""
    if isinstance(reply, Fault):
        return Unscored(reason=f"no reply: {reply.reason}")
    said = reply.text.strip().strip("*` ")
    number = NUMBER.fullmatch(said)
    if number:
        return NumberMass(numbers={int(number[1]): 1.0})
    if said.startswith(phrase):
        return NumberMass(phrase=1.0)
    return Unscored(reason=f"no number: the answer is {legible(said)}" if said else f"no reply: {silence_of(reply)}")


def silence_of(reply: ChatReply) -> str:
    """Return why a reply holds nothing to read."""
    if not reply.text and reply.finish_reason == "length":
        return "all its tokens were spent before it said a word, as by models that think (--thinking-tokens)"
    return "it is empty" if not reply.text else "the server sends no token probabilities (logprobs)"
