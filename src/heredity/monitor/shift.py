"""The verb for fine-tuned models: how far have the activations moved along a vector, before a word is said?

finetuning shift = mean over prompts of (h_finetuned - h_base) at the last prompt token, projected on v / ||v|| ([PV]
section 4).

The null beside it is easy: random directions span only the covariance of the prompts' activations, and an offset that
training gives to all prompts alike may leave that span. The shift along other traits' vectors is a further control.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from heredity.ground.errors import InputError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.models.adapt import adapted, require_student
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
    others: Sequence[TraitVector] = (),
    n_null: int = 200,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> ShiftReport:
    """Return how far each student, and each of its snapshots, has moved along the vector at the vector's block.

    Beside it stands the shift at that block along `others`, vectors of other traits. Raises MismatchError for a
    student or a vector of another model, InputError when there is no student, or one twice, or two vectors of one
    trait.
    """
    if not students:
        raise InputError("there is no student to measure; name a student.json written by: heredity train")
    require_one_a_trait([vector, *others])
    for one in (vector, *others):
        one.require_model(model.name, model.fingerprint)
    names = names_of(students)
    for student in students:
        for stage in (*stages_of(student), student):
            require_student(model, stage)
    controls = {one.header.trait.name: unit_at(one, vector.block) for one in others}
    prompts = [render(model, question(text), PLACEHOLDER) for text in vector.header.trait.questions.evaluation]
    base = last_prompt_tokens(model, prompts, vector.block, progress)
    random = matched_directions(base, n_null, seed_from(seed, "shift null"))
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    points = []
    for name, student in zip(names, students, strict=True):
        for stage in (*stages_of(student), student):
            with adapted(model, stage) as subject:
                moved = last_prompt_tokens(subject, prompts, vector.block, progress) - base
            points.append(
                ShiftPoint(
                    name=name,
                    step=stage.n_steps,
                    shift=cluster_mean([[value] for value in moved @ vector.unit], seed_from(seed, "shift")),
                    random_directions=upper_bound(np.abs(moved.mean(axis=0) @ random.T)),
                    other_vectors={trait: float(moved.mean(axis=0) @ unit) for trait, unit in controls.items()},
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


def require_one_a_trait(vectors: Sequence[TraitVector]) -> None:
    """Raise InputError for two vectors of one trait: their results would have one name."""
    counts = Counter(one.header.trait.name for one in vectors)
    twice = [name for name, n in counts.items() if n > 1]
    if twice:
        raise InputError(
            f"two vectors are of the trait '{twice[0]}' (there is: {', '.join(counts)}); name one of each with --vector"
        )


def names_of(students: Sequence[Student]) -> list[str]:
    """Return each student's folder, with as many of the folders above it as tell all of them apart.

    Raises InputError for a student that is given twice.
    """
    folders = [Path(student.adapter).parent.parts or (student.corpus,) for student in students]
    twice = [folder for folder, n in Counter(folders).items() if n > 1]
    if twice:
        raise InputError(f"the student in {Path(*twice[0])} is given twice; name each one once")
    return [_shortest(folder, [other for other in folders if other != folder]) for folder in folders]


def _shortest(folder: tuple[str, ...], others: Sequence[tuple[str, ...]]) -> str:
    lengths = range(1, len(folder) + 1)
    distinct = (n for n in lengths if all(other[-n:] != folder[-n:] for other in others))
    return str(Path(*folder[-next(distinct, len(folder)) :]))


def unit_at(vector: TraitVector, block: int) -> Floats:
    """Return a vector's direction at any block with norm 1, `[width]`."""
    direction = vector.directions[block]
    unit: Floats = np.divide(direction, np.linalg.norm(direction) + 1e-12, dtype=np.float32)
    return unit


def stages_of(student: Student) -> list[Student]:
    """Return a student's snapshots as students of fewer steps."""
    return [
        student.model_copy(update={**one.model_dump(exclude={"step"}), "n_steps": one.step, "snapshots": ()})
        for one in student.snapshots
    ]


def last_prompt_tokens(model: Model, prompts: Sequence[Rendered], block: int, progress: Progress) -> Floats:
    """Return `[prompts, width]`: the last prompt token after the block."""
    return read(model, prompts, [block], ReadSpec(positions=("last_prompt",)), progress).at("last_prompt", block)
