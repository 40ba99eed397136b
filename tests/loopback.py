"""A server on this machine that speaks chat completions, and misbehaves when it is told to.

::

    with Loopback(lambda body: Reply("yes")) as server:
        Endpoint(EndpointSpec(url=server.url, model="m"), cache=None).ask(...)
        assert server.received[0].body["model"] == "m"
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple, Self

Body = dict[str, Any]
Behaviour = Literal[
    "ok", "cut", "garbage", "no choices", "repeats the key", "slow", "400", "401", "403", "404", "429", "500"
]
Script = Callable[[Body, int], Behaviour]
"""From a request's body, and how often the same body came before, to what the server does about it."""


class Reply(NamedTuple):
    """What the model says."""

    text: str
    tokens: tuple[tuple[str, Mapping[str, float]], ...] = ()
    """Each token with the log p of its alternatives; sent when the request asks for them."""
    finish_reason: str = "stop"


class Received(NamedTuple):
    """One request as it came."""

    body: Body
    headers: dict[str, str]
    """Names in lower case."""
    at_s: float
    """On the monotonic clock."""


def always(behaviour: Behaviour) -> Script:
    """Return the script that does the same for ever."""
    return lambda body, n_before: behaviour


def in_turn(*behaviours: Behaviour) -> Script:
    """Return the script in which every body meets the behaviours one after the other, and then a good server."""
    return lambda body, n_before: behaviours[n_before] if n_before < len(behaviours) else "ok"


WELL = always("ok")


class Loopback:
    """The server, for the length of a with-block."""

    def __init__(
        self,
        answer: Callable[[Body], Reply],
        script: Script = WELL,
        retry_after_s: float | None = None,
        refuse: Callable[[Body], str | None] = lambda body: None,
    ) -> None:
        self.answer = answer
        """May be called from several threads at once."""
        self.script = script
        self.retry_after_s = retry_after_s
        """What a 429 asks for."""
        self.refuse = refuse
        """From a body that would be answered well to what is said of it with status 400; None answers it."""
        self.received: list[Received] = []
        self.most_open = 0
        """Highest number of requests that were open at the same time."""
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._n_open = 0
        self._n_seen: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The address to give to a client."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def bodies(self) -> list[Body]:
        """The bodies of all requests, in the order in which they came."""
        return [request.body for request in self.received]

    @contextmanager
    def open_request(self, body: Body, headers: Mapping[str, str]) -> Iterator[Behaviour]:
        """Write a request down, and count it as open for the length of a with-block."""
        name = json.dumps(body, sort_keys=True)
        with self._lock:
            self.received.append(Received(body, {k.lower(): v for k, v in headers.items()}, time.monotonic()))
            behaviour = self.script(body, self._n_seen[name])
            self._n_seen[name] += 1
            self._n_open += 1
            self.most_open = max(self.most_open, self._n_open)
        try:
            yield behaviour
        finally:
            with self._lock:
                self._n_open -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], loopback: Loopback) -> None:
        self.loopback = loopback
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of a fault of a test's answer on stderr, but not of a client that has hung up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.loopback.open_request(body, dict(self.headers)) as behaviour:
            status, data = (404, {}) if self.path != "/v1/chat/completions" else self._outcome(behaviour, body)
        if data is None:
            self.close_connection = True
        else:
            self._send(status, data if isinstance(data, bytes) else json.dumps(data).encode())

    def _outcome(self, behaviour: Behaviour, body: Body) -> tuple[int, Body | bytes | None]:
        """Return status and body; None for a connection that is dropped."""
        match behaviour:
            case "ok" if (refused := self.server.loopback.refuse(body)) is not None:
                return 400, _error(refused)
            case "ok":
                return 200, _completion(body, self.server.loopback.answer(body))
            case "garbage":
                return 200, b"<html>no JSON here</html>"
            case "no choices":
                return 200, {"object": "chat.completion", "choices": []}
            case "repeats the key":
                return 200, {"headers": dict(self.headers)}
            case "cut":
                self._send(200, b'{"object": "chat.comp', promised=1000)
                return 200, None
            case "slow":
                self.server.loopback.closing.wait(60)
                return 200, None
            case "401":
                return 401, _error(f"Incorrect key provided: {self.headers['Authorization'][:-6]}******")
            case "403":
                return 403, _error(f"This key may not: {self.headers['Authorization']}")
            case _:
                return int(behaviour), _error(f"told to answer {behaviour}")

    def _send(self, status: int, data: bytes, promised: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(promised or len(data)))
        if status == 429 and self.server.loopback.retry_after_s is not None:
            self.send_header("Retry-After", f"{self.server.loopback.retry_after_s:g}")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _error(message: str) -> Body:
    return {"error": {"message": message, "type": "loopback"}}


def _completion(body: Body, reply: Reply) -> Body:
    words = sum(len(message["content"].split()) for message in body["messages"])
    choice: Body = {
        "index": 0,
        "message": {"role": "assistant", "content": reply.text},
        "finish_reason": reply.finish_reason,
    }
    if body.get("logprobs"):
        choice["logprobs"] = {"content": [_token(*token, body["top_logprobs"]) for token in reply.tokens]}
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [choice],
        "usage": {
            "prompt_tokens": words,
            "completion_tokens": len(reply.tokens),
            "total_tokens": words + len(reply.tokens),
        },
    }


def _token(text: str, alternatives: Mapping[str, float], n: int) -> Body:
    likeliest = sorted(alternatives.items(), key=lambda pair: -pair[1])[:n]
    return {
        "token": text,
        "logprob": alternatives.get(text, -9999.0),
        "bytes": list(text.encode()),
        "top_logprobs": [{"token": t, "logprob": p, "bytes": list(t.encode())} for t, p in likeliest],
    }
