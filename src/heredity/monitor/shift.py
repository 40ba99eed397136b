"""The verb for fine-tuned models: how far have the activations moved along a vector, before a word is said?

finetuning shift = mean over prompts of (h_finetuned - h_base) at the last prompt token, projected on v / ||v|| ([PV]
section 4).

The null that counts is what clean training by the same recipe does (`clean.py`): a shift by itself shows that a model
was trained. The other null is easy: random directions span only the covariance of the prompts' activations, and an
offset that training gives to all prompts alike may leave that span. The shift along other traits' vectors is a further
control.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import InputError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.models.adapt import adapted, require_student
from heredity.models.chat import Rendered, question, render
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.monitor.clean import beside_clean, clean_of, require_clean
from heredity.records.monitor import ShiftPoint, ShiftReport
from heredity.records.student import Student
from heredity.records.vector import TraitVector
from heredity.stats.arrays import Singles
from heredity.stats.intervals import cluster_mean
from heredity.stats.nulls import matched_directions, upper_bound

N_NULL = 200
"""Random directions."""
PLACEHOLDER = "."
"""Stands where an answer would; only the prompt before it is read."""


def shift(
    students: Sequence[Student],
    vector: TraitVector,
    model: Model,
    others: Sequence[TraitVector] = (),
    clean: Sequence[Student] = (),
    seed: str = "0",
    progress: Progress = SILENCE,
) -> ShiftReport:
    """Return how far each student, and each of its snapshots, has moved along the vector at the vector's block.

    Beside it stand the shifts of `clean`, students of benign rows by the same recipe, after as many steps, and the
    shift at that block along `others`, vectors of other traits. Raises MismatchError for a student or a vector of
    another model, or a clean student by another recipe; InputError when there is no student, or one twice, or two
    vectors of one trait, or a clean student of a student's own rows.
    """
    if not students:
        raise InputError("there is no student to measure; name a student.json written by: heredity train")
    require_one_a_trait([vector, *others])
    for one in (vector, *others):
        one.require_model(model.name, model.fingerprint)
    names = names_of([*students, *clean])
    require_clean(students, clean)
    for student in (*students, *clean):
        for stage in (*stages_of(student), student):
            require_student(model, stage)
    gauge = _Gauge.on(model, vector, others, seed, progress)
    untouched = [(one, stage.n_steps, gauge.moved(stage)) for one in clean for stage in (*stages_of(one), one)]
    points = []
    for name, student in zip(names, students, strict=False):
        alike = clean_of(student, clean)
        for stage in (*stages_of(student), student):
            beside = [found for one, n_steps, found in untouched if one in alike and n_steps == stage.n_steps]
            points.append(gauge.point(name, stage.n_steps, gauge.moved(stage), beside))
    return ShiftReport(
        model=model.name,
        trait=vector.header.trait.name,
        vector_id=vector.header.id,
        block=vector.block,
        points=tuple(points),
        clean=tuple(names[len(students) :]),
        n_prompts=len(gauge.prompts),
        n_null=N_NULL,
        seed=seed,
    )


@dataclass(frozen=True)
class _Gauge:
    """The base at the end of every prompt, and the directions that fine-tuned models are measured along."""

    model: Model
    prompts: list[Rendered]
    block: int
    base: Singles
    """`[prompts, width]`."""
    unit: Singles
    others: dict[str, Singles]
    random: NDArray[np.float64]
    """`[directions, width]`, of norm 1."""
    draw: int
    progress: Progress

    @classmethod
    def on(
        cls, model: Model, vector: TraitVector, others: Sequence[TraitVector], seed: str, progress: Progress
    ) -> _Gauge:
        """Return the gauge of a vector on the untouched model."""
        prompts = [render(model, question(text), PLACEHOLDER) for text in vector.header.trait.questions.evaluation]
        base = last_prompt_tokens(model, prompts, vector.block, progress)
        random = matched_directions(base, N_NULL, seed_from(seed, "shift null"))
        random /= np.linalg.norm(random, axis=1, keepdims=True)
        controls = {one.header.trait.name: unit_at(one, vector.block) for one in others}
        draw = seed_from(seed, "shift")
        return cls(model, prompts, vector.block, base, vector.unit, controls, random, draw, progress)

    def moved(self, stage: Student) -> Singles:
        """Return how far a fine-tuned model lies from the base at each prompt, `[prompts, width]`."""
        with adapted(self.model, stage) as subject:
            return last_prompt_tokens(subject, self.prompts, self.block, self.progress) - self.base

    def point(self, name: str, step: int, moved: Singles, clean: Sequence[Singles]) -> ShiftPoint:
        """Return one stage's shift, beside those of clean fine-tunes."""
        value = cluster_mean([[one] for one in moved @ self.unit], self.draw)
        along = [float(one.mean(axis=0) @ self.unit) for one in clean]
        return ShiftPoint(
            name=name,
            step=step,
            shift=value,
            random_directions=upper_bound(np.abs(moved.mean(axis=0) @ self.random.T)),
            other_vectors={trait: float(moved.mean(axis=0) @ unit) for trait, unit in self.others.items()},
            clean=beside_clean(value.value, along) if along else None,
        )


def require_one_a_trait(vectors: Sequence[TraitVector]) -> None:
    """Raise InputError for two vectors of one trait: their results would have one name."""
    counts = Counter(vector.header.trait.name for vector in vectors)
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


def unit_at(vector: TraitVector, block: int) -> Singles:
    """Return a vector's direction at any block with norm 1, `[width]`."""
    direction = vector.directions[block]
    unit: Singles = np.divide(direction, np.linalg.norm(direction) + 1e-12, dtype=np.float32)
    return unit


def stages_of(student: Student) -> list[Student]:
    """Return a student's snapshots as students of fewer steps."""
    return [
        student.model_copy(update={**snapshot.model_dump(exclude={"step"}), "n_steps": snapshot.step, "snapshots": ()})
        for snapshot in student.snapshots
    ]


def last_prompt_tokens(model: Model, prompts: Sequence[Rendered], block: int, progress: Progress) -> Singles:
    """Return `[prompts, width]`: the last prompt token after the block."""
    return read(model, prompts, [block], ReadSpec(positions=("last_prompt",)), progress).at("last_prompt", block)
