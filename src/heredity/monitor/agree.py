"""How far probes agree with the judge, pooled, within one system prompt, and between system prompts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heredity.ground.progress import Progress
from heredity.judges.contrast import Asked, contrast_scores, grade
from heredity.models.model import Model
from heredity.records.dialogue import Grade
from heredity.records.monitor import ConversationReading, Correlation, Probe
from heredity.records.vector import TraitVector
from heredity.stats.correlation import between_conditions, correlation, within_conditions


def agreements(
    readings: Sequence[ConversationReading],
    probes: Sequence[Probe],
    vectors: Sequence[TraitVector],
    model: Model,
    progress: Progress,
) -> tuple[Correlation, ...]:
    """Return one correlation a probe; those that rest on too few graded answers or questions are left out.

    All turns of a conversation count as one case, and so do conversations that open with the same question.
    """
    turns = [turn for reading in readings for turn in reading.turns]
    owners = [reading for reading in readings for _ in reading.turns]
    asked = [Asked(turn.asked, "".join(turn.tokens)) for turn in turns]
    grades: dict[str, list[float | None]] = {}
    for vector in vectors:
        raw = contrast_scores(model, vector.header.trait, asked, progress)
        graded = [grade(score, vector.header.calibration) for score in raw]
        grades[vector.header.id] = [one.value if isinstance(one, Grade) else None for one in graded]
    found = []
    for place, probe in enumerate(probes):
        kept = [i for i, value in enumerate(grades[probe.vector_id]) if value is not None]
        x = np.array([turns[i].mean_z[place] for i in kept])
        y = np.array([grades[probe.vector_id][i] for i in kept], dtype=np.float64)
        conditions, clusters = [owners[i].condition for i in kept], [opening(owners[i]) for i in kept]
        n_ungraded = len(turns) - len(kept)
        pooled = correlation(x, y, clusters, unscored=n_ungraded)
        if pooled is None:
            continue
        found.append(
            Correlation(
                trait=probe.trait,
                block=probe.block,
                judge="contrast",
                pooled=pooled,
                within=within_conditions(x, y, conditions, clusters, n_ungraded),
                between=between_conditions(x, y, conditions, n_ungraded),
            )
        )
    return tuple(found)


def opening(reading: ConversationReading) -> str:
    """Return what the user said first; a conversation in which no user speaks is like no other."""
    return next((turn.asked for turn in reading.turns if turn.asked), f"line {reading.line}")
