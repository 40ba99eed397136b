"""Requests to a server on this machine, and what comes of them."""

from collections.abc import Sequence
from pathlib import Path

from heredity.models.remote.endpoint import ChatReply, ChatRequest, Endpoint, EndpointSpec, Fault
from heredity.records.dialogue import Turn
from loopback import Body, Loopback, Reply


def asked(body: Body) -> str:
    return str(body["messages"][-1]["content"])


def echo(body: Body) -> Reply:
    return Reply(asked(body).upper())


def request(text: str = "hello", **fields: object) -> ChatRequest:
    return ChatRequest(turns=(Turn(role="user", content=text),), **{"n_tokens": 2, **fields})


def endpoint(server: Loopback, cache: Path | None = None, **fields: object) -> Endpoint:
    quick = {"url": server.url, "model": "m", "retry_delay_s": 0.002, "timeout_s": 10.0}
    return Endpoint(EndpointSpec(**{**quick, **fields}), cache)


def ask(server: Loopback, *texts: str, cache: Path | None = None, **fields: object) -> list[ChatReply | Fault]:
    return endpoint(server, cache, **fields).ask([request(text) for text in texts], "asking")


def said(outcomes: Sequence[ChatReply | Fault]) -> list[str | None]:
    return [outcome.text if isinstance(outcome, ChatReply) else None for outcome in outcomes]
