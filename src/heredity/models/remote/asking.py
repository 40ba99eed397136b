"""Many requests to one server at once: each tried until it is settled, all stopped together.

In: requests by their digests. Out: their outcomes, as they come.
Does not: know what is kept, or where.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from heredity.ground.errors import EndpointError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import Task
from heredity.models.manner import Refusal, advised, learnt
from heredity.models.remote.connection import EndpointSpec, connect, exchange
from heredity.models.remote.replies import ChatReply, ChatRequest, Fault, Manner
from heredity.models.remote.wire import Again

if TYPE_CHECKING:
    from openai import AsyncOpenAI

LONGEST_WAIT_S = 120.0
"""A server that asks for a longer pause is not waited for."""
N_LOST_IN_A_ROW = 8
"""Requests lost one after the other, no reply between them, after which the endpoint counts as down."""


@dataclass
class Run:
    """The requests of one run, and what has come of them so far."""

    spec: EndpointSpec
    manner: Manner
    """How the server is asked; changed by what it refuses, for all requests that follow."""
    keep: Callable[[str, ChatReply, Manner], None]
    """Called with every reply, and the manner that it was asked in, as soon as it is there."""
    n_kept: int
    """Replies that were there before the run."""
    outcomes: dict[str, ChatReply | Fault] = field(default_factory=dict)
    n_lost_in_a_row: int = 0

    async def send(self, waiting: Mapping[str, ChatRequest], task: Task) -> None:
        """Settle every request; when one ends the run, or the user does, stop the others before leaving.

        Raises EndpointError when the endpoint counts as down, or has answered nothing.
        """
        queue = iter(waiting.items())

        async def work() -> None:
            for key, request in queue:
                self._note(key, *await self._settled(client, key, request))
                task.advance()

        async with connect(self.spec.url) as client:
            jobs = [asyncio.create_task(work()) for _ in range(min(self.spec.n_concurrent, len(waiting)))]
            try:
                await asyncio.gather(*jobs)
            finally:
                for job in jobs:
                    job.cancel()
                await asyncio.gather(*jobs, return_exceptions=True)
        self._require_a_reply()

    async def _settled(self, client: AsyncOpenAI, key: str, request: ChatRequest) -> tuple[ChatReply | Fault, Manner]:
        """Return the outcome of one request and the manner in which it was asked last.

        A refusal that says how the server wants to be asked changes the manner, and the request is sent again.
        """
        while True:
            manner = self.manner
            outcome = await insist(client, self.spec, key, request, manner)
            if not isinstance(outcome, Refusal):
                return outcome, manner
            if self.manner == manner:
                wanted = learnt(manner, request, outcome.words)
                if wanted is None:
                    return advised(outcome), manner
                self.manner = wanted

    def _note(self, key: str, outcome: ChatReply | Fault, manner: Manner) -> None:
        self.outcomes[key] = outcome
        if isinstance(outcome, ChatReply):
            self.keep(key, outcome, manner)
        is_lost = isinstance(outcome, Fault) and not outcome.is_refusal
        self.n_lost_in_a_row = self.n_lost_in_a_row + 1 if is_lost else 0
        if self.n_lost_in_a_row >= N_LOST_IN_A_ROW:
            raise self._unanswered(f"{N_LOST_IN_A_ROW} requests in a row")

    def _require_a_reply(self) -> None:
        """Refusals alone are no alarm where kept replies show that the endpoint answers.

        Else a run with one bad request would end well the first time, and fail when it is repeated.
        """
        faults = self._faults()
        is_alarming = self.n_kept == 0 or not all(fault.is_refusal for fault in faults)
        if len(faults) == len(self.outcomes) and is_alarming:
            raise self._unanswered("the only request" if len(faults) == 1 else f"all {len(faults):,} requests")

    def _faults(self) -> list[Fault]:
        return [outcome for outcome in self.outcomes.values() if isinstance(outcome, Fault)]

    def _unanswered(self, what: str) -> EndpointError:
        fault = Counter(self._faults()).most_common(1)[0][0]
        advice = (
            "ask for less, or ask another model"
            if fault.is_refusal
            else "see that the server runs and can be reached, then run again: replies that came are kept"
        )
        return EndpointError(
            f"'{self.spec.model}' at {self.spec.url} left {what} unanswered; most often: {fault.reason}; {advice}"
        )


async def insist(
    client: AsyncOpenAI, spec: EndpointSpec, key: str, request: ChatRequest, manner: Manner
) -> ChatReply | Fault | Refusal:
    """Return the outcome of one request after as many attempts as the spec allows.

    The pauses double, and chance shortens them by up to a half, so that requests turned away together come back apart.
    """
    chance = random.Random(seed_from("retry", key))
    outcome = await exchange(client, spec, request, manner)
    for n_retries in range(spec.n_retries):
        if not isinstance(outcome, Again):
            break
        if outcome.wait_s > LONGEST_WAIT_S:
            return Fault(reason=f"{outcome.reason} (it asks to wait {outcome.wait_s:,.0f} s)")
        pause_s = spec.retry_delay_s * 2**n_retries * (1 - chance.random() / 2)
        await asyncio.sleep(min(max(pause_s, outcome.wait_s), LONGEST_WAIT_S))
        outcome = await exchange(client, spec, request, manner)
    return Fault(reason=outcome.reason) if isinstance(outcome, Again) else outcome


def completed(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run asynchronous work to its end, also where a loop is running already (in a notebook)."""
    if not _a_loop_runs_here():
        asyncio.run(work())
        return
    from anyio.from_thread import start_blocking_portal

    with start_blocking_portal() as portal:
        portal.call(work)


def _a_loop_runs_here() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
