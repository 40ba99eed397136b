"""Shards scored by the workers of a Ray cluster, each of which holds the model.

This process reads the rows, hands shards out, a few more than there are workers, and keeps each as it comes back: its
memory does not grow with the rows, and a run that was stopped hands out only what is not kept. A worker that dies is
started again, and costs the shard that it had.

Ray's actors are used as they are, and not Ray Data: shards are kept one by one, and in their order.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from heredity.ground.errors import ExperimentError, MismatchError
from heredity.models.load import load
from heredity.models.model import Model
from heredity.records.dialogue import Row
from heredity.records.engine import EngineSpec
from heredity.studies.bench import Bench
from heredity.studies.engines.shards import Measure, Shard, holds_shard, scores_in, shard_step

MOST_RESTARTS = 8
"""Of one worker; a machine that kills it more often will not do."""
LOOPBACK = "127.0.0.1"
"""A cluster that is started for a run listens to nobody else."""
PATIENCE = 10.0
"""Seconds for a cluster to answer."""
AHEAD = 2
"""Shards a worker that are handed out at once."""


@dataclass(frozen=True)
class Loading:
    """How a worker loads the model that this process has."""

    name: str
    device: str
    dtype: str
    trust_remote_code: bool
    keeps_markup: bool
    fingerprint: str

    @classmethod
    def of(cls, model: Model, spec: EngineSpec) -> Loading:
        """Return how the model was loaded; on a GPU where workers ask for one, else on the CPU."""
        return cls(
            name=model.name,
            device="cuda" if spec.gpus_per_worker else "cpu",
            dtype=str(model.dtype).removeprefix("torch."),
            trust_remote_code=type(model.network).__module__.startswith("transformers_modules"),
            keeps_markup=model.keeps_markup,
            fingerprint=model.fingerprint,
        )

    def model(self) -> Model:
        """Return the model. Raises MismatchError for another one than this process has."""
        model = load(self.name, self.device, self.dtype, self.trust_remote_code, self.keeps_markup)
        if model.fingerprint != self.fingerprint:
            raise MismatchError(
                f"a worker finds another model under the name '{self.name}' than this process: put the same one on "
                "every machine of the cluster, or name it by its hub id"
            )
        return model


class Worker:
    """One of the cluster's processes: it loads the model once, and scores what it is given."""

    def __init__(self, loading: Loading) -> None:
        self.model = loading.model()

    def score(self, rows: Sequence[Row], measure: Measure) -> tuple[Shard, int]:
        """Return a shard's scores, and how many tokens that took."""
        before = self.model.work.n_tokens
        found = scores_in(self.model, rows, measure)
        return found, self.model.work.n_tokens - before


def over_ray(bench: Bench, shards: Iterator[list[Row]], measure: Measure) -> Iterator[tuple[Sequence[Row], Shard]]:
    """Yield the shards in their order, scored by the workers of a cluster.

    Raises ExperimentError where there is no cluster to be had, or its workers die too often.
    """
    spec = measure.spec.engine
    with workers(bench.model, measure) as hand_out:
        waiting: deque[tuple[list[Row], Callable[[], Shard] | None]] = deque()
        for shard in shards:
            waiting.append((shard, None if holds_shard(bench, shard, measure) else hand_out(shard)))
            if len(waiting) > AHEAD * spec.n_workers:
                first, come = waiting.popleft()
                yield first, shard_step(bench, first, measure, come)
        for shard, come in waiting:
            yield shard, shard_step(bench, shard, measure, come)


@contextmanager
def workers(model: Model, measure: Measure) -> Iterator[Callable[[list[Row]], Callable[[], Shard]]]:
    """Give what hands a shard to a worker, and returns what waits for it; afterwards the workers are gone."""
    ray: Any = __import__("ray")
    spec = measure.spec.engine
    try:
        require_somebody(spec.address)
        alone = {"num_cpus": spec.n_workers, "include_dashboard": False, "_node_ip_address": LOOPBACK}
        how = {"address": spec.address} if spec.address else alone
        ray.init(**how, log_to_driver=False, configure_logging=False)
    except (OSError, ValueError, RuntimeError) as error:
        where, why = spec.address or "this machine", " ".join(str(error).split())[:200]
        raise ExperimentError(
            f"there is no Ray cluster at '{where}' ({why}); start one with `ray start --head`, or leave --address out"
        ) from error
    try:
        actor = ray.remote(num_cpus=1, num_gpus=spec.gpus_per_worker, max_restarts=MOST_RESTARTS, max_task_retries=-1)(
            Worker
        )
        pool = [actor.remote(Loading.of(model, spec)) for _ in range(spec.n_workers)]
        yield _Rota(ray, model, pool, ray.put(measure))
    finally:
        ray.shutdown()


def require_somebody(address: str) -> None:
    """Raise OSError where nobody listens at host:port, which Ray itself would wait for by the minute."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()


@dataclass
class _Rota:
    """Hands shards to the workers in turn."""

    ray: Any
    model: Model
    pool: list[Any]
    measure: Any
    """As the cluster holds it."""
    n_handed: int = 0

    def __call__(self, rows: list[Row]) -> Callable[[], Shard]:
        """Return what waits for the scores of a shard that is handed out now."""
        handed = self.pool[self.n_handed % len(self.pool)].score.remote(rows, self.measure)
        self.n_handed += 1

        def come() -> Shard:
            try:
                found, n_tokens = self.ray.get(handed)
            except self.ray.exceptions.RayTaskError as error:
                raise error.cause from error
            except self.ray.exceptions.RayActorError as error:
                raise ExperimentError(
                    f"a worker of the cluster died {MOST_RESTARTS + 1} times, or could not load the model "
                    f"({' '.join(str(error).split())[:300]}); what was scored is kept: run the same command again"
                ) from error
            self.model.work.n_tokens += n_tokens
            shard: Shard = found
            return shard

        return come
