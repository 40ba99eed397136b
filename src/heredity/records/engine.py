"""Where the shards of a large file are scored."""

from __future__ import annotations

from pydantic import Field

from heredity.records.base import Spec


class EngineSpec(Spec):
    """Who scores the shards; the scores are the same whoever does."""

    name: str = "here"
    """here: this process. ray: workers of a Ray cluster, each with the model (needs the extra `cluster`)."""
    n_workers: int = Field(default=2, ge=1)
    """Workers that hold the model at once."""
    gpus_per_worker: float = Field(default=0.0, ge=0)
    """GPUs that each asks the cluster for; 0: it reads on the CPU."""
    address: str = ""
    """Of a cluster that runs: auto, or host:port; empty: one is started on this machine for the run."""
