"""What can keep a trait out of a student while it trains, by name.

A defence is one file beside this one and one line in the table. It acts on training alone, is gone afterwards, and
raises where it never acted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from heredity.ground.errors import UnknownNameError
from heredity.records.student import TrainSpec
from heredity.records.vector import TraitVector
from heredity.training.defences.ablate import Ablation
from heredity.training.defences.defence import Defence
from heredity.training.defences.inoculate import Inoculation
from heredity.training.defences.project import GradientProjection
from heredity.training.defences.steer import PreventativeSteering

DEFENCES: dict[str, Callable[[Sequence[TraitVector], TrainSpec], Defence]] = {
    "steering": lambda vectors, spec: PreventativeSteering(vectors, spec.prevent_strength, spec.prevent_all_blocks),
    "ablation": lambda vectors, spec: Ablation(vectors, spec.prevent_all_blocks),
    "inoculation": lambda vectors, _: Inoculation(vectors),
    "projection": lambda vectors, _: GradientProjection(vectors),
}
"""Every defence, made from vectors and what was asked for."""


def require_defence(name: str) -> None:
    """Raise UnknownNameError, with what there is, for a name that is no defence's."""
    if name not in DEFENCES:
        raise UnknownNameError("defence", name, DEFENCES)


def defence_of(vectors: Sequence[TraitVector], spec: TrainSpec) -> Defence | None:
    """Return the defence that a fine-tune asks for; None without vectors. Raises UnknownNameError for none there is."""
    require_defence(spec.defence)
    return DEFENCES[spec.defence](vectors, spec) if vectors else None
