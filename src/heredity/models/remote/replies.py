"""What is asked of a remote model, what it answers, and what asking will cost."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from heredity.ground.hashing import digest
from heredity.records.base import Record
from heredity.records.dialogue import Turn

MOST_ALTERNATIVES = 20
"""Of the tokens at one place; servers allow no more."""


class ChatRequest(Record):
    """One conversation for a remote model to continue."""

    turns: tuple[Turn, ...] = Field(min_length=1)
    n_tokens: int = Field(ge=1)
    """Most tokens the reply may have."""
    temperature: float = Field(default=0.0, ge=0)
    n_alternatives: int | None = Field(default=None, ge=1, le=MOST_ALTERNATIVES)
    """Likeliest tokens wanted at each place, with their log p; None for none."""
    is_prefill: bool = False
    """The last turn is the assistant's and is to be continued, not answered (vLLM and llama.cpp can)."""
    seed: int | None = None
    """Told to the server, which may heed it or not; requests that differ in it are different requests."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.is_prefill and self.turns[-1].role != "assistant":
            raise ValueError("a prefill continues an assistant turn, but the last turn is not the assistant's")
        return self


class Manner(Record):
    """How a server is asked. Replies to requests in different manners are different replies."""

    tokens_as: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """What the most tokens of a reply are called; OpenAI's reasoning models take the second name only."""
    most_alternatives: int = Field(default=MOST_ALTERNATIVES, ge=1, le=MOST_ALTERNATIVES)
    """Likeliest tokens that the server shows at each place; more are not asked for."""
    without: tuple[str, ...] = ()
    """Arguments that are left out, because the server refuses them."""
    n_thinking: int = Field(default=0, ge=0)
    """Tokens that a reply may have besides those asked for, for a model that thinks before it answers."""
    with_odds: bool = True
    """Alternatives are asked for where a request wants them; without, a judge's number is taken as it was answered."""

    @property
    def is_usual(self) -> bool:
        """Whether all is asked as most servers take it."""
        return self == Manner()

    def __str__(self) -> str:
        said = [f"as {self.tokens_as}"] if self.tokens_as != "max_tokens" else []
        said += [f"{self.most_alternatives} alternatives a token"] if self.most_alternatives < MOST_ALTERNATIVES else []
        said += [f"without {name}" for name in self.without]
        said += [f"{self.n_thinking} tokens to think"] if self.n_thinking else []
        said += [] if self.with_odds else ["numbers as answered, without probabilities"]
        return ", ".join(said) or "as usual"


class TokenChoice(Record):
    """One token of a reply, and what could have stood in its place."""

    token: str
    alternatives: tuple[tuple[str, float], ...]
    """Text and log p, likeliest first, the chosen token among them. Two tokens may have the same text."""


class ChatReply(Record):
    """What a remote model answered."""

    text: str
    """Empty when the server sent none (a refusal, or a model that spent all its tokens on thinking)."""
    tokens: tuple[TokenChoice, ...]
    """Empty unless alternatives were asked for."""
    finish_reason: str | None
    """The server's word for why the reply ends: stop, length, content_filter."""
    n_prompt_tokens: int
    """As the server counts them; 0 when it does not say."""
    n_completion_tokens: int
    """As the server counts them; 0 when it does not say."""


class Fault(Record):
    """A request that has no reply, and why."""

    reason: str
    is_refusal: bool = False
    """The server can be reached and turned this very request down: to send it again is no use."""


class Exchange(Record):
    """A request and its reply as they are kept."""

    url: str
    model: str
    request: ChatRequest
    manner: Manner = Manner()
    reply: ChatReply


def exchange_digest(url: str, model: str, request: ChatRequest, manner: Manner) -> str:
    """Return the digest under which the reply to a request is kept; another manner of asking makes another one."""
    asked = {"url": url, "model": model, "request": request.model_dump(mode="json")}
    return digest(asked if manner.is_usual else {**asked, "manner": manner.model_dump(mode="json")})


class CostEstimate(Record):
    """What a run will send, reckoned before anything is sent."""

    n_requests: int
    """Different requests; equal ones are sent once."""
    n_cached: int
    """Those among them whose replies are kept already."""
    n_prompt_tokens: int
    """Tokens of what is still to be sent, at four characters a token: a rule of thumb for English."""
    n_completion_tokens: int
    """Most tokens that can come back: every reply as long as it may be."""
    dollars: float | None
    """What these tokens cost; None when the prices are not known."""

    def __str__(self) -> str:
        requests = f"{self.n_requests:,} request{'' if self.n_requests == 1 else 's'}"
        if self.n_cached == self.n_requests:
            return f"{requests}, all of them in the cache: nothing to send"
        cached = f" ({self.n_cached:,} in the cache)" if self.n_cached else ""
        tokens = f"about {_rounded(self.n_prompt_tokens):,} tokens in and at most {self.n_completion_tokens:,} out"
        return f"{requests}{cached}: {tokens}{_price(self.dollars)}"


def _rounded(n: int) -> int:
    """Keep two digits: the estimate holds no more."""
    return round(n, 2 - len(str(n)))


def _price(dollars: float | None) -> str:
    if dollars is None:
        return ""
    return ", less than $0.01" if dollars < 0.005 else f", about ${dollars:,.2f}"
