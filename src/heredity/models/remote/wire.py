"""Chat completions as JSON: what is sent, and what comes back.

In: a request, or the body of a reply. Out: the arguments of a completion, or the reply.
Does not: send, or trust a server: whatever the body holds is checked.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from pydantic import BaseModel, Field

from heredity.models.remote.replies import ChatReply, ChatRequest, Fault, Manner, TokenChoice


class Again(NamedTuple):
    """An attempt that came to nothing and may be made again."""

    reason: str
    wait_s: float = 0.0
    """Seconds that the server asks to wait; 0 when it asks for none."""


def payload(model: str, request: ChatRequest, manner: Manner) -> dict[str, Any]:
    """Return the arguments of a chat completion, in the manner that the server wants."""
    fields: dict[str, Any] = {
        "model": model,
        "messages": [turn.model_dump() for turn in request.turns],
        manner.tokens_as: request.n_tokens + manner.n_thinking,
        "temperature": request.temperature,
    }
    if wants_odds(request, manner):
        fields |= {"logprobs": True, "top_logprobs": min(request.n_alternatives or 0, manner.most_alternatives)}
    if request.seed is not None:
        fields["seed"] = request.seed
    if request.is_prefill:
        fields["extra_body"] = {"continue_final_message": True, "add_generation_prompt": False}
    return {name: value for name, value in fields.items() if name not in manner.without}


def wants_odds(request: ChatRequest, manner: Manner) -> bool:
    """Whether a request is sent with the wish for alternatives."""
    return request.n_alternatives is not None and manner.with_odds


def read_reply(body: str, request: ChatRequest, manner: Manner) -> ChatReply | Fault | Again:
    """Return the reply that a body holds; Again when it holds none.

    A reply without the alternatives that were asked for is a fault: the server has ignored half of the request.
    """
    try:
        completion = _Completion.model_validate_json(body)
        choice, usage = completion.choices[0], completion.usage or _Usage()
        placed = (choice.logprobs and choice.logprobs.content) or ()
        reply = ChatReply(
            text=choice.message.content or "",
            tokens=tuple(token.choice() for token in placed) if wants_odds(request, manner) else (),
            finish_reason=choice.finish_reason,
            n_prompt_tokens=usage.prompt_tokens,
            n_completion_tokens=usage.completion_tokens,
        )
    except ValueError:
        return Again(f"the reply is no chat completion: {body.strip() or 'it is empty'}")
    if wants_odds(request, manner) and reply.text and not reply.tokens:
        return Fault(
            reason="the server sent no log probabilities; ask one that knows top_logprobs (vLLM, llama.cpp), "
            "or take its numbers as answered (--answers)",
            is_refusal=True,
        )
    return reply


class _Alternative(BaseModel):
    token: str
    logprob: float


class _Token(_Alternative):
    top_logprobs: tuple[_Alternative, ...] = ()

    def choice(self) -> TokenChoice:
        """Return the token with its alternatives; what has no probability at all is left out."""
        pairs = [(other.token, other.logprob) for other in self.top_logprobs]
        if self.token not in dict(pairs):
            pairs.append((self.token, self.logprob))
        possible = [(token, log_p) for token, log_p in pairs if log_p != -math.inf]
        return TokenChoice(token=self.token, alternatives=tuple(sorted(possible, key=lambda pair: (-pair[1], pair[0]))))


class _Logprobs(BaseModel):
    content: tuple[_Token, ...] | None = None


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    logprobs: _Logprobs | None = None
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(BaseModel):
    choices: tuple[_Choice, ...] = Field(min_length=1)
    usage: _Usage | None = None
