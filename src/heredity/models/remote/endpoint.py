"""A remote model behind an OpenAI-compatible endpoint: asked many things at once, patiently, and never twice.

In: chat requests. Out: for each its reply, or the fault that it ended in.
Does not: stream, sample several answers to one request, or keep a fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from heredity.ground.files import require_writable, write_text
from heredity.ground.hashing import digest
from heredity.ground.progress import SILENCE, Progress
from heredity.models.remote.asking import Run, completed
from heredity.models.remote.connection import EndpointSpec
from heredity.models.remote.replies import (
    ChatReply,
    ChatRequest,
    CostEstimate,
    Exchange,
    Fault,
    Manner,
    TokenChoice,
    exchange_digest,
)
from heredity.records.dialogue import Unscored

if TYPE_CHECKING:
    from heredity.models.numbers import NumberMass

__all__ = ["ChatReply", "ChatRequest", "CostEstimate", "Endpoint", "EndpointSpec", "Fault", "Manner", "TokenChoice"]

CHARACTERS_A_TOKEN = 4
TOKENS_A_PRICE = 1_000_000


@dataclass(frozen=True)
class Endpoint:
    """A remote model, and the folder where its replies are kept (None keeps none).

    Equal requests are one request, asked once: for several samples, give each its own seed.
    """

    spec: EndpointSpec
    cache: Path | None
    _manners: list[Manner] = field(default_factory=list, repr=False, compare=False)
    """The manner of asking in force, and nothing else; empty until the first use."""

    @property
    def manner(self) -> Manner:
        """How the server is asked: as the spec says, and as it has said itself, in this run or in one before."""
        if not self._manners:
            self._manners.append(self._known_manner())
        return self._manners[0]

    @property
    def title(self) -> str:
        """What to call it, with how it is asked where that is not as usual."""
        return f"{self._place}{f' (asked {self.asked_as})' if self.asked_as else ''}"

    @property
    def kept_as(self) -> str:
        """What a kept step that asked it depends on; how a server itself wants to be asked is no part of that."""
        asked = "" if self.spec.manner.is_usual else f" (asked {self.spec.manner})"
        return f"{self._place}{asked}"

    @property
    def asked_as(self) -> str:
        """How it is asked, where that is not as usual; else empty."""
        return "" if self.manner.is_usual else str(self.manner)

    @property
    def _place(self) -> str:
        return f"{self.spec.model} at {self.spec.url}"

    def number_masses(self, prompts: Sequence[str], phrase: str, progress: Progress) -> list[NumberMass | Unscored]:
        """Return the probability of every number 0 to 100, and of a phrase, after each prompt; or why there is none."""
        from heredity.models.remote.numbers import remote_masses

        return remote_masses(self, prompts, phrase, progress)

    def estimate(self, requests: Sequence[ChatRequest]) -> CostEstimate:
        """Return what `ask` would send now and at most cost, without sending anything."""
        distinct = self._distinct(requests)
        waiting = [request for key, request in distinct.items() if self._kept(key) is None]
        lengths = [sum(len(turn.content) for turn in request.turns) for request in waiting]
        n_in = sum(-(-length // CHARACTERS_A_TOKEN) for length in lengths)
        n_out = sum(request.n_tokens + self.manner.n_thinking for request in waiting)
        return CostEstimate(
            n_requests=len(distinct),
            n_cached=len(distinct) - len(waiting),
            n_prompt_tokens=n_in,
            n_completion_tokens=n_out,
            dollars=self._price(n_in, n_out),
        )

    def ask(self, requests: Sequence[ChatRequest], label: str, progress: Progress = SILENCE) -> list[ChatReply | Fault]:
        """Return the outcome of every request, in their order; what is kept already is not sent.

        Raises EndpointError when the server refuses the key or the model, or answers nothing of what it is sent (the
        replies that came are kept, and the next run goes on from there); StorageError when the cache cannot be
        written; MissingExtraError without openai.
        """
        distinct = self._distinct(requests)
        kept = {key: reply for key in distinct if (reply := self._kept(key))}
        waiting = {key: request for key, request in distinct.items() if key not in kept}
        if waiting and self.cache:
            require_writable(self.cache)
        run = Run(self.spec, self.manner, lambda key, *reply: self._keep(waiting[key], *reply), n_kept=len(kept))
        with progress.task(label, len(distinct)) as task:
            task.advance(len(kept))
            keys = [self._digest(request) for request in requests]
            try:
                if waiting:
                    completed(lambda: run.send(waiting, task))
            finally:
                self._learn(run.manner)
        outcomes = kept | run.outcomes
        return [outcomes[key] for key in keys]

    def _distinct(self, requests: Sequence[ChatRequest]) -> dict[str, ChatRequest]:
        return {self._digest(request): request for request in requests}

    def _digest(self, request: ChatRequest) -> str:
        return self._digest_in(self.manner, request)

    def _digest_in(self, manner: Manner, request: ChatRequest) -> str:
        return exchange_digest(self.spec.url, self.spec.model, request, manner)

    @property
    def _manner_file(self) -> Path | None:
        asked = {"url": self.spec.url, "model": self.spec.model, "manner": self.spec.manner.model_dump(mode="json")}
        return self.cache / f"manner-{digest(asked)}.json" if self.cache else None

    def _known_manner(self) -> Manner:
        """Return the manner that an earlier run has learnt; a file that is missing or broken tells of none."""
        try:
            return Manner.model_validate_json(self._manner_file.read_bytes()) if self._manner_file else self.spec.manner
        except (OSError, ValueError):
            return self.spec.manner

    def _learn(self, manner: Manner) -> None:
        if manner != self.manner:
            self._manners[:] = [manner]
            if self._manner_file:
                write_text(self._manner_file, manner.model_dump_json(indent=1))

    def _kept(self, key: str) -> ChatReply | None:
        """Return a reply that was kept; a file that is missing or broken holds none."""
        if not self.cache:
            return None
        try:
            text = (self.cache / f"{key}.json").read_text(encoding="utf-8")
            return Exchange.model_validate_json(text).reply
        except (OSError, ValueError):
            return None

    def _keep(self, request: ChatRequest, reply: ChatReply, manner: Manner) -> None:
        if self.cache:
            kept = Exchange(url=self.spec.url, model=self.spec.model, request=request, manner=manner, reply=reply)
            write_text(self.cache / f"{self._digest_in(manner, request)}.json", kept.model_dump_json(indent=1))

    def _price(self, n_in: int, n_out: int) -> float | None:
        if self.spec.dollars_in is None or self.spec.dollars_out is None:
            return None
        return (n_in * self.spec.dollars_in + n_out * self.spec.dollars_out) / TOKENS_A_PRICE
