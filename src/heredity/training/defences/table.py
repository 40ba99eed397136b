"""What can keep a trait out of a student while it trains, by name.

A defence is one file beside this one and one line in the table. It acts on training forwards alone, is gone
afterwards, and raises where it never acted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol, Self

from torch import nn

from heredity.ground.errors import UnknownNameError
from heredity.models.steer import Fires
from heredity.records.student import Intervention, TrainSpec
from heredity.records.vector import TraitVector
from heredity.training.defences.steer import PreventativeSteering


class Defence(Protocol):
    """What acts on a network while it trains: entered, it acts; left, it is gone."""

    @property
    def fires(self) -> Fires:
        """How often it acted."""

    def on(self, network: nn.Module) -> Self:
        """Say which network to act on; adapters and wrappers around it do not matter."""

    def __enter__(self) -> Self:
        """Begin to act."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End. Raises HookError, unless another error is on its way, where it never acted."""

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """What it does, for the record."""


DEFENCES: dict[str, Callable[[Sequence[TraitVector], TrainSpec], Defence]] = {
    "steering": lambda vectors, spec: PreventativeSteering(vectors, spec.prevent_strength, spec.prevent_all_blocks),
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
