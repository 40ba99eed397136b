"""One exchange with an OpenAI-compatible server, and what its failure means.

In: an address, a model's name, a request; the key, from the environment. Out: a reply, a fault, or Again.
Does not: try again, wait, or keep anything.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
import os
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from heredity.ground.errors import EndpointError, InputError, MissingExtraError
from heredity.models.manner import Refusal, refusal_of
from heredity.models.remote.replies import ChatReply, ChatRequest, Fault, Manner
from heredity.models.remote.wire import Again, payload, read_reply
from heredity.records.base import Spec

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

KEY_VARIABLES = ("HEREDITY_API_KEY", "OPENAI_API_KEY")
"""Where the key is read from; the first that is set counts."""
NO_KEY = "none"
"""What is sent where no key is set; servers on one's own machine ask for none."""
TRY_AGAIN = (408, 409, 429)
"""Statuses, besides 500 and above, that pass with time."""
MOST_CHARACTERS = 200
"""Of a server's message, repeated in ours."""


class EndpointSpec(Spec):
    """Which remote model to ask, and how. Raises InputError when `url` is no address."""

    url: str
    """Address of an OpenAI-compatible server, usually ending in /v1. The key comes from the environment."""
    model: str = Field(min_length=1)
    """The model's name, as the server calls it."""
    n_concurrent: int = Field(default=8, ge=1, le=256)
    """Requests open at once."""
    n_retries: int = Field(default=5, ge=0, le=20)
    """Further attempts at a request that failed for a reason that may pass."""
    retry_delay_s: float = Field(default=0.5, ge=0)
    """Longest pause before the first retry; each further one may be twice as long."""
    timeout_s: float = Field(default=60.0, gt=0)
    """Seconds that one attempt may take in all."""
    dollars_in: float | None = Field(default=None, ge=0)
    """Price of a million prompt tokens."""
    dollars_out: float | None = Field(default=None, ge=0)
    """Price of a million completion tokens."""
    manner: Manner = Manner()
    """How it is asked from the start; what it refuses and how it wants to be asked instead is learnt from its words."""

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        return checked_url(url)


def connect(url: str) -> AsyncOpenAI:
    """Return a client for an address; close it after use.

    A proxy that the environment names counts for other machines, never for this one, and OPENAI_CUSTOM_HEADERS counts
    but for its authorisation. Raises MissingExtraError without openai, InputError for a key that cannot be sent.
    """
    try:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient
    except ModuleNotFoundError as error:
        raise MissingExtraError("openai", "endpoint") from error
    key = _key()
    client = AsyncOpenAI(
        api_key=key,
        base_url=url,
        max_retries=0,
        timeout=None,
        default_headers={"Authorization": f"Bearer {key}"},
        http_client=DefaultAsyncHttpxClient(trust_env=not _is_loopback(url)),
    )
    # given to the constructor, None would mean: read OPENAI_ORG_ID and OPENAI_PROJECT_ID
    client.organization = client.project = None
    return client


async def exchange(
    client: AsyncOpenAI, spec: EndpointSpec, request: ChatRequest, manner: Manner
) -> ChatReply | Fault | Refusal | Again:
    """Send one request and return what came of it; the time allowed is for all of it, not for each byte.

    Raises EndpointError when every other request would end the same way: an unknown key, model or address.
    """
    import openai

    try:
        async with asyncio.timeout(spec.timeout_s):
            raw = await client.chat.completions.with_raw_response.create(**payload(spec.model, request, manner))
    except TimeoutError:
        return Again(f"no reply within {spec.timeout_s:g} s")
    except openai.APIStatusError as error:
        return _refused(client, spec, error)
    except openai.APIConnectionError as error:
        cause = error.__cause__ or error
        return Again(_repeatable(client, f"cannot connect, or cut off ({type(cause).__name__}: {cause})"))
    outcome = read_reply(raw.http_response.text, request, manner)
    return Again(_repeatable(client, outcome.reason)) if isinstance(outcome, Again) else outcome


def _refused(client: AsyncOpenAI, spec: EndpointSpec, error: APIStatusError) -> Refusal | Again:
    status = error.status_code
    message = error.body.get("message") if isinstance(error.body, dict) else None
    said = _repeatable(client, f"HTTP {status}: {message or error.response.text}")
    if status in (401, 403, 404):
        _give_up(spec, status, said)
    if status in TRY_AGAIN or status >= 500:
        return Again(said, _asked_to_wait(error.response.headers.get("retry-after", "")))
    return refusal_of(Fault(reason=said, is_refusal=True), error.body or error.response.text)


def _give_up(spec: EndpointSpec, status: int, said: str) -> NoReturn:
    """Raise without the client's own error: it carries the headers, and servers repeat the key."""
    if status == 404:
        raise EndpointError(
            f"{spec.url} has no model '{spec.model}', or no chat completions at all ({said}); "
            "check the model's name, and the address, which usually ends in /v1"
        ) from None
    name = _key_variable()
    raise EndpointError(
        f"{spec.url} refuses the key for '{spec.model}' ({'HTTP 401' if status == 401 else said}); "
        f"{f'the key in {name}' if name else 'no key'} was sent: set {' or '.join(KEY_VARIABLES)} to one that it knows"
    ) from None


def _asked_to_wait(header: str) -> float:
    """Read Retry-After in seconds; a date, which servers of models do not send, counts as no wish."""
    try:
        seconds = float(header)
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) else 0.0


def checked_url(url: str) -> str:
    """Return the address without a slash at its end. Raises InputError for what is no address of a server."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or url.split() != [url] or not url.isprintable():
        raise InputError(f"'{url}' is not the address of a server; write one like http://localhost:8000/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError(
            "the address of a server holds no key, '?' or '#'; write it like http://localhost:8000/v1 "
            f"and set the key in {KEY_VARIABLES[0]}"
        )
    return url.rstrip("/")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _key_variable() -> str | None:
    return next((name for name in KEY_VARIABLES if os.environ.get(name, "").strip()), None)


def _key() -> str:
    name = _key_variable()
    if name is None:
        return NO_KEY
    key = os.environ[name].strip()
    if not (key.isascii() and key.isprintable()):
        raise InputError(f"the key in {name} holds characters that no key has; copy it again")
    return key


def _repeatable(client: AsyncOpenAI, text: str) -> str:
    """Return a server's words in one short line without the key."""
    line = " ".join((text if client.api_key == NO_KEY else text.replace(client.api_key, "[the key]")).split())
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}..."
