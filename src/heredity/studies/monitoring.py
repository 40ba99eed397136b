"""A calibrated panel, kept by what it depends on: benign speech is generated and read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.monitor.calibrate import calibrate, seats_of
from heredity.records.base import Record
from heredity.records.dialogue import Corpus
from heredity.records.monitor import MonitorSpec, Panel, Probe
from heredity.records.vector import TraitVector
from heredity.studies.bench import bench_in


class Probes(Record):
    """The probes of a panel, in order."""

    probes: tuple[Probe, ...]


@dataclass(frozen=True)
class PanelRequest:
    """What a panel is calibrated with."""

    spec: MonitorSpec
    reference: Corpus | None = None
    """Benign conversations; None: the model's own answers to everyday questions."""
    blocks: tuple[int, ...] = ()
    """0-based blocks to read at; none: each vector's own."""
    seed: str = "0"


def panel_for(
    vectors: Sequence[TraitVector],
    model: Model,
    out: Path,
    request: PanelRequest,
    progress: Progress = SILENCE,
) -> Panel:
    """Return the panel of these vectors on this model, calibrated now or before.

    Raises MismatchError for a vector of another model, InputError for too few benign conversations.
    """
    for vector in vectors:
        vector.require_model(model.name, model.fingerprint)
    spec, reference, blocks, seed = request.spec, request.reference, request.blocks, request.seed
    sights, _ = seats_of(vectors, blocks)
    probes = bench_in(out, model, seed, progress).record(
        "panel",
        {
            "vectors": [vector.header.id for vector in vectors],
            "blocks": list(blocks),
            "spec": spec.model_dump(exclude={"with_judge"}),
            "reference": reference.content_digest if reference else None,
        },
        Probes,
        lambda: Probes(probes=calibrate(vectors, model, spec, reference, blocks, seed, progress).probes),
        "calibration",
    )
    return Panel(probes.probes, np.stack([sight.direction for sight in sights]))
