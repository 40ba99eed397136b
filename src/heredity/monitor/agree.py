"""How far probes agree with the judge, pooled, within one system prompt, and between system prompts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heredity.ground.hashing import seed_from
from heredity.ground.progress import Progress
from heredity.judges.contrast import Asked, contrast_scores, grade
from heredity.models.model import Model
from heredity.monitor.spec import MonitorSpec
from heredity.records.dialogue import Grade
from heredity.records.monitor import ConversationReading, Correlation, Probe
from heredity.records.vector import TraitVector
from heredity.stats.correlation import between_conditions, correlation, within_conditions

MIN_ANSWERS = 8
"""Fewer graded answers say nothing of a correlation."""


def agreements(
    readings: Sequence[ConversationReading],
    probes: Sequence[Probe],
    vectors: Sequence[TraitVector],
    model: Model,
    spec: MonitorSpec,
    seed: str,
    progress: Progress,
) -> tuple[Correlation, ...]:
    """Return one correlation a probe; probes of traits that the judge cannot score in enough answers are left out."""
    turns = [(reading.condition, turn) for reading in readings for turn in reading.turns]
    asked = [Asked(turn.asked, "".join(turn.tokens)) for _, turn in turns]
    grades: dict[str, list[float | None]] = {}
    for vector in vectors:
        raw = contrast_scores(model, vector.header.trait, asked, spec.n_judge_pairs, progress)
        graded = [grade(score, vector.header.calibration) for score in raw]
        grades[vector.header.id] = [one.value if isinstance(one, Grade) else None for one in graded]
    found = []
    for place, probe in enumerate(probes):
        kept = [i for i, value in enumerate(grades[probe.vector_id]) if value is not None]
        x = np.array([turns[i][1].mean_z[place] for i in kept])
        y = np.array([grades[probe.vector_id][i] for i in kept], dtype=np.float64)
        if len(kept) < MIN_ANSWERS or min(x.std(), y.std()) < 1e-9:
            continue
        conditions, clusters = [turns[i][0] for i in kept], [turns[i][1].asked for i in kept]
        draw = seed_from(seed, "agreement", probe.trait, probe.block)
        found.append(
            Correlation(
                trait=probe.trait,
                block=probe.block,
                judge="contrast",
                pooled=correlation(x, y, clusters, draw),
                within=within_conditions(x, y, conditions, clusters, draw),
                between=between_conditions(x, y, conditions),
            )
        )
    return tuple(found)
