"""What can keep a trait out of a student while it trains, by name.

A defence is one file beside this one, its options in `records/defending.py`, and one line in the table. It acts on
training alone, is gone afterwards, and raises where it never acted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from heredity.models.model import Model
from heredity.records.student import TrainSpec
from heredity.records.vector import TraitVector
from heredity.training.defences.ablate import Ablation, means_on
from heredity.training.defences.corridor import Corridor
from heredity.training.defences.defence import Defence
from heredity.training.defences.divergence import KLPenalty
from heredity.training.defences.given import Given, given_of
from heredity.training.defences.inoculate import Inoculation
from heredity.training.defences.mask import Masking
from heredity.training.defences.orders import Order, orders_of
from heredity.training.defences.project import GradientProjection
from heredity.training.defences.several import Defences
from heredity.training.defences.steer import PreventativeSteering


def _steering(order: Order) -> Defence:
    scores = order.given.scores if order.options.rows == "scores" else None
    return PreventativeSteering(order.vectors, order.strength, order.all_blocks, order.options, scores)


def _ablation(order: Order) -> Defence:
    is_mean = order.options.to == "mean"
    means = means_on(order.base_model(), order.benign(), order.vectors, order.all_blocks) if is_mean else None
    return Ablation(order.vectors, order.all_blocks, means)


def _inoculation(order: Order) -> Defence:
    return Inoculation(order.vectors, order.given.flagged if order.options.rows == "flagged" else None)


def _kl(order: Order) -> Defence:
    told = order.options
    return KLPenalty(order.benign(), told.weight, told.every, told.n, order.given.base)


def _corridor(order: Order) -> Defence:
    return Corridor(order.vectors, order.options.weight, order.options.width, order.given.base)


DEFENCES: Mapping[str, Callable[[Order], Defence]] = {
    "steering": _steering,
    "ablation": _ablation,
    "inoculation": _inoculation,
    "projection": lambda order: GradientProjection(order.vectors),
    "kl": _kl,
    "corridor": _corridor,
    "masking": lambda order: Masking(order.vectors, order.options.share),
}
"""Every defence, made from what was asked for."""


def require_defence(given: Given | Sequence[TraitVector], spec: TrainSpec) -> None:
    """Raise, before a model is loaded, what `defence_of` would raise for what is asked for and given."""
    orders_of(given_of(given), spec)


def defence_of(
    given: Given | TraitVector | Sequence[TraitVector], spec: TrainSpec, model: Model | None = None
) -> Defence | None:
    """Return the defence that a fine-tune asks for, several as one; None where it asks for none.

    `given` are vectors, or whatever else a defence needs with them; `model` is the base, which `kl` and mean ablation
    look at first. Raises as `orders_of` does, and InputError where the model is needed and not there.
    """
    made = tuple(_made(order) for order in orders_of(given_of(given), spec, model))
    return None if not made else made[0] if len(made) == 1 else Defences(made)


def _made(order: Order) -> Defence:
    defence = DEFENCES[order.name](order)
    defence.asked = order.asked.said
    return defence
