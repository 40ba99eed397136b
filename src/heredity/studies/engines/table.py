"""Who scores the shards of a file, by name. An engine is one file beside this one and one line in the table.

Whoever does, each shard is kept by this process when it is done, and the scores are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from heredity.ground.errors import UnknownNameError
from heredity.ground.extras import require_extra
from heredity.records.dialogue import Row
from heredity.studies.bench import Bench
from heredity.studies.engines.cluster import over_ray
from heredity.studies.engines.shards import Measure, Shard, shard_step

Engine = Callable[[Bench, Iterator[list[Row]], Measure], Iterator[tuple[Sequence[Row], Shard]]]
"""Yields the shards in their order, each with its scores."""


def here(bench: Bench, shards: Iterator[list[Row]], measure: Measure) -> Iterator[tuple[Sequence[Row], Shard]]:
    """Score one shard after the other in this process."""
    for shard in shards:
        yield shard, shard_step(bench, shard, measure)


ENGINES: dict[str, Engine] = {"here": here, "ray": over_ray}
EXTRA = {"ray": "cluster"}
"""What an engine needs."""


def require_engine(name: str) -> None:
    """Raise UnknownNameError, with what there is, for a name that is none, MissingExtraError for one not installed."""
    if name not in ENGINES:
        raise UnknownNameError("engine", name, ENGINES)
    if name in EXTRA:
        require_extra(EXTRA[name])
