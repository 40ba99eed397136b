"""The verb for directions that others made: the same test as for one of ours, and the same record.

In: directions, a trait, the model they are for. Out: a TraitVector with the model's own answers as evidence.
Does not: know where the directions come from. "Held-out" says that they were not made from these answers; if their
maker asked the same questions, the figures flatter them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import ExperimentError, MismatchError, NonFiniteError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.blocks import require_block
from heredity.models.model import Model
from heredity.models.steer import Push
from heredity.records.trait import Trait
from heredity.records.vector import ExtractSpec, TraitVector
from heredity.stats.arrays import Floats
from heredity.vectors.check import check
from heredity.vectors.dose import dose_response
from heredity.vectors.extract import describe
from heredity.vectors.gather import gather
from heredity.vectors.methods import Method

IMPORTED = "imported"
"""What the header names as the method."""


def adopt(
    directions: NDArray[np.floating],
    trait: Trait,
    model: Model,
    spec: ExtractSpec | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> TraitVector:
    """Return directions `[n_blocks, width]` as the trait's vector, tested on the model as an extracted one is.

    A block whose direction is zeros counts as having none. Raises MismatchError when the shape is not the model's,
    NonFiniteError for NaN, NothingKeptError when too few answer pairs tell the poles apart, ExperimentError when no
    block that has a direction does better than one without.
    """
    spec = spec or ExtractSpec()
    require_fit(directions, model)
    if spec.block is not None:
        require_block(spec.block, model.n_blocks)
    own = directions.astype(np.float32)
    require_direction(own, spec.block if spec.block is not None else int(np.argmax(own.any(axis=1))))
    gathered = gather(trait, model, spec, seed, progress)
    evidence = check(gathered.poles, spec, seed, method=always(own))
    require_direction(own, evidence.block)
    header = describe(trait, model, evidence, gathered.counts, gathered.calibration, spec, seed)
    push = Push(evidence.block, own[evidence.block], 1.0)
    doses = dose_response(trait, model, push, gathered.calibration, spec, seed, progress)
    return TraitVector(header.model_copy(update={"method": IMPORTED, "doses": doses}), own).sealed()


def always(directions: NDArray[np.float32]) -> Method:
    """Return the method that heeds no answers and gives these directions."""
    fixed = directions.astype(np.float64)

    def method(_positive: Floats, _negative: Floats) -> Floats:
        return fixed

    return method


def require_fit(directions: NDArray[np.floating], model: Model) -> None:
    """Raise MismatchError unless there is one direction of the model's width for each of its blocks."""
    if directions.shape != (model.n_blocks, model.width):
        raise MismatchError(
            f"the directions have the shape {list(directions.shape)} but '{model.name}' has {model.n_blocks} blocks of "
            f"width {model.width}, [{model.n_blocks}, {model.width}]; name the model that they were read from"
        )
    if not np.isfinite(directions).all():
        raise NonFiniteError("the directions hold NaN or infinity; make them again")


def require_direction(directions: NDArray[np.float32], block: int) -> None:
    """Raise ExperimentError when the chosen block's direction is zeros."""
    if directions[block].any():
        return
    there = ", ".join(str(b) for b in np.flatnonzero(directions.any(axis=1))) or "none"
    raise ExperimentError(
        f"no imported direction tells the poles apart better than none at all (the choice fell on block {block}, "
        f"which has none; there are directions at: {there}); name one of those blocks to see its own figures"
    )
