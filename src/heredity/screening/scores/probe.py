"""What a score that needs passes of its own is made with."""

from __future__ import annotations

from dataclasses import dataclass

from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.records.vector import TraitVector
from heredity.screening.readings import Fitting


@dataclass(frozen=True)
class Probe:
    """The rows, who reads them, and for which trait."""

    model: Model
    rows: Fitting
    vector: TraitVector
    progress: Progress = SILENCE
