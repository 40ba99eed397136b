"""The verb for fine-tuned models: how far have the activations moved along a vector, before a word is said?

finetuning shift = mean over prompts of (h_finetuned - h_base) at the last prompt token, projected on v / ||v|| ([PV]
section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from heredity.ground.errors import InputError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.models.adapt import adapted
from heredity.models.chat import Rendered, question, render
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.records.monitor import Floats, ShiftPoint, ShiftReport
from heredity.records.student import Student
from heredity.records.vector import TraitVector
from heredity.stats.intervals import cluster_mean
from heredity.stats.nulls import matched_directions, upper_bound

PLACEHOLDER = "."
"""Stands where an answer would; only the prompt before it is read."""


def shift(
    students: Sequence[Student],
    vector: TraitVector,
    model: Model,
    n_null: int = 200,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> ShiftReport:
    """Return how far each student, and each of its snapshots, has moved along the vector at the vector's block.

    Raises MismatchError for a student or a vector of another model, InputError when there is no student.
    """
    if not students:
        raise InputError("there is no student to measure; name a student.json written by: heredity train")
    vector.require_model(model.name, model.fingerprint)
    prompts = [render(model, question(text), PLACEHOLDER) for text in vector.header.trait.questions.evaluation]
    base = last_prompt_tokens(model, prompts, vector.block, progress)
    random = matched_directions(base, n_null, seed_from(seed, "shift null"))
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    points = []
    for student in students:
        for stage in (*stages_of(student), student):
            with adapted(model, stage) as subject:
                moved = last_prompt_tokens(subject, prompts, vector.block, progress) - base
            points.append(
                ShiftPoint(
                    name=f"{Path(student.adapter).parent.name or student.corpus}",
                    step=stage.n_steps,
                    shift=cluster_mean([[value] for value in moved @ vector.unit], seed_from(seed, "shift")),
                    random_directions=upper_bound(np.abs(moved.mean(axis=0) @ random.T)),
                )
            )
    return ShiftReport(
        model=model.name,
        trait=vector.header.trait.name,
        vector_id=vector.header.id,
        block=vector.block,
        points=tuple(points),
        n_prompts=len(prompts),
        n_null=n_null,
        seed=seed,
    )


def stages_of(student: Student) -> list[Student]:
    """Return a student's snapshots as students of fewer steps."""
    return [
        student.model_copy(update={"adapter": snapshot.adapter, "n_steps": snapshot.step, "snapshots": ()})
        for snapshot in student.snapshots
    ]


def last_prompt_tokens(model: Model, prompts: Sequence[Rendered], block: int, progress: Progress) -> Floats:
    """Return `[prompts, width]`: the last prompt token after the block."""
    return read(model, prompts, [block], ReadSpec(positions=("last_prompt",)), progress).at("last_prompt", block)
