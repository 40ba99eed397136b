"""A numerical check of Theorem 1 of [SL]: one step of imitation does not lead away from the teacher's own step.

In: a SmallWorldSpec and a seed. Out: FirstSteps. Does not: prove anything, or train beyond the first step.

From a shared start theta the teacher takes one step d = -e grad L(theta) on its own loss L. The student then takes one
on half the squared error of the auxiliary logits f over random inputs x. To first order in e that step, at learning
rate 1, is E[J(x)' J(x)] d, where J is f's Jacobian at theta; hence <student's step, d> = E |J(x) d|^2 >= 0.
Everything is float64, and the sign is asked of the exact step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from heredity.ground.progress import SILENCE, Progress
from heredity.records.small_world import FirstStep, FirstSteps, SmallWorldSpec
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_t, wilson
from heredity.training.digits import (
    N_PIXELS,
    Chances,
    Networks,
    auxiliary,
    chances,
    class_loss,
    drawn_rows,
    imitation_loss,
    initial,
    load_digits,
    uniform,
)

ROUNDING = 1e-9
"""A cosine this little below zero may be rounding: logits that differ by 1e-6 hold ten digits of their difference."""


@dataclass(frozen=True)
class Draws:
    """Starts side by side, the inputs that students see (`[draws, inputs, 64]`), and where teachers would go."""

    starts: Networks
    noise: torch.Tensor
    downhill: Networks
    """Minus the gradient of the teacher's loss at its start."""
    predicted: torch.Tensor
    """E |J(x) downhill|^2 at the start, `[draws]`."""
    elsewhere: Networks
    """Other starts, for teachers that share none with the student."""
    downhill_elsewhere: Networks


def first_steps(spec: SmallWorldSpec, seed: str, progress: Progress = SILENCE) -> FirstSteps:
    """Return the inner products of the student's and the teacher's steps at each step size, on the same draws.

    Raises MissingExtraError without scikit-learn, NonFiniteError for a step size that overflows.
    """
    draws = drawn(spec, seed)
    with progress.task("first steps", len(spec.step_sizes)) as task:
        steps = []
        for size in spec.step_sizes:
            steps.append(compared(draws, size))
            task.advance()
    return FirstSteps(steps=tuple(steps))


def drawn(spec: SmallWorldSpec, seed: str) -> Draws:
    """Return initialisations, digits and noise, each draw its own."""

    def chance(purpose: str) -> Chances:
        return chances(spec.n_draws, seed, f"first step: {purpose}")

    digits = load_digits(spec.test_share, seed)
    rows = drawn_rows(len(digits.train), spec.batch_rows, chance("digits"))
    inputs, labels = digits.train[rows].double(), digits.train_labels[rows]
    starts, elsewhere = (initial(spec, chance(name), torch.float64) for name in ("start", "elsewhere"))
    noise = uniform((spec.n_inputs, N_PIXELS), chance("noise"), torch.float64)
    downhill = descent(starts, lambda networks: class_loss(networks, inputs, labels))
    return Draws(
        starts,
        noise,
        downhill,
        predicted(starts, downhill, noise),
        elsewhere,
        descent(elsewhere, lambda networks: class_loss(networks, inputs, labels)),
    )


def descent(networks: Networks, loss: Callable[[Networks], torch.Tensor]) -> Networks:
    """Return minus the gradient of a loss: a step of learning rate 1."""
    leaves = tuple(tensor.detach().requires_grad_() for tensor in networks)
    return tuple(-gradient for gradient in torch.autograd.grad(loss(leaves), leaves))


def predicted(starts: Networks, direction: Networks, noise: torch.Tensor) -> torch.Tensor:
    """Return E |J(x) direction|^2 over the noise, `[draws]`, from the Jacobian itself and no difference of logits."""
    moved: torch.Tensor = torch.autograd.functional.jvp(  # type: ignore[no-untyped-call]
        lambda *networks: auxiliary(networks, noise), starts, direction
    )[1]
    return moved.square().sum(dim=-1).mean(dim=1)


def compared(draws: Draws, size: float) -> FirstStep:
    """Return what one step size gives, from a shared start and, as a null, from another."""
    own, own_cosine = _products(draws, draws.starts, draws.downhill, size)
    _, other_cosine = _products(draws, draws.elsewhere, draws.downhill_elsewhere, size)
    ratio = own / (size**2 * draws.predicted)
    return FirstStep(
        step_size=size,
        lowest=float(own.min()),
        negative=share_negative(own_cosine),
        ratio=mean_t(ratio.numpy()),
        lowest_ratio=float(ratio.min()),
        highest_ratio=float(ratio.max()),
        cosine=mean_t(own_cosine.numpy()),
        negative_elsewhere=share_negative(other_cosine),
        cosine_elsewhere=mean_t(other_cosine.numpy()),
    )


def share_negative(cosines: torch.Tensor) -> Estimate:
    """Return the share of draws whose steps point apart by more than rounding."""
    return wilson(int((cosines < -ROUNDING).sum()), len(cosines))


def dot(first: Networks, second: Networks) -> torch.Tensor:
    """Return the inner product over all parameters, `[networks]`."""
    products = [(a * b).flatten(1).sum(dim=1) for a, b in zip(first, second, strict=True)]
    return torch.stack(products).sum(dim=0)


def _products(draws: Draws, teachers: Networks, downhill: Networks, size: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return inner product and cosine, `[draws]`, of a teacher's step and that of the student who imitates it."""
    step = tuple(size * tensor for tensor in downhill)
    moved = tuple(start + change for start, change in zip(teachers, step, strict=True))
    wanted = auxiliary(moved, draws.noise)
    imitated = descent(draws.starts, lambda networks: imitation_loss(networks, draws.noise, wanted))
    product = dot(imitated, step)
    return product, product / (dot(imitated, imitated) * dot(step, step)).sqrt()
