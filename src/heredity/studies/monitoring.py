"""A calibrated panel, kept by what it depends on: benign speech is generated and read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heredity.ground.progress import SILENCE, Progress
from heredity.models.identity import identity
from heredity.models.model import Model
from heredity.monitor.calibrate import calibrate, seats_of
from heredity.records.base import Record
from heredity.records.dialogue import Corpus
from heredity.records.monitor import MonitorSpec, Panel, Probe
from heredity.records.vector import TraitVector
from heredity.store.workspace import Workspace, load_record, save_record


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
    kept = Workspace(out / "stages", identity(model)).stage(
        "panel",
        {
            "vectors": [vector.header.id for vector in vectors],
            "blocks": list(blocks),
            "spec": spec.model_dump(exclude={"with_judge"}),
            "reference": reference.content_digest if reference else None,
            "seed": seed,
        },
        lambda folder: _made(folder, calibrate(vectors, model, spec, reference, blocks, seed, progress)),
        lambda folder: load_record(Probes, folder / "probes.json"),
    )
    progress.note(f"calibration: {'as before' if kept.cached else f'{kept.seconds:.0f} s'}")
    return Panel(kept.value.probes, np.stack([sight.direction for sight in sights]))


def _made(folder: Path, panel: Panel) -> None:
    save_record(Probes(probes=panel.probes), folder / "probes.json")
