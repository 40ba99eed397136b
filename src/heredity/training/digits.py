"""Teachers that learn digits, and students that learn from them on noise alone ([SL] section 2, MNIST analogue).

In: a SmallWorldSpec and a seed. Out: SmallWorldRuns. Does not: keep a network, or touch anybody's random state.

All seeds train at once, side by side: the first dimension of every tensor counts networks, and as losses are summed
over it, no network feels another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import torch
from torch.nn import functional

from heredity.ground.errors import MissingExtraError, NonFiniteError
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.records.small_world import N_CLASSES, SmallWorldRun, SmallWorldRuns, SmallWorldSpec

Networks: TypeAlias = tuple[torch.Tensor, ...]
"""Perceptrons side by side: weights `[networks, in, out]` and biases `[networks, 1, out]`, layer after layer."""
Chances: TypeAlias = Sequence[torch.Generator]
"""One source of chance a network."""

N_PIXELS = 64
BRIGHTEST = 16
"""Of a pixel, as scikit-learn has them."""


@dataclass(frozen=True)
class Digits:
    """Handwritten digits, their pixels from -1 to 1 (`[digits, 64]`), in two parts that share none."""

    train: torch.Tensor
    train_labels: torch.Tensor
    test: torch.Tensor
    test_labels: torch.Tensor


def grow(spec: SmallWorldSpec, seed: str, progress: Progress = SILENCE) -> SmallWorldRuns:
    """Return the accuracies of each seed's teacher and of its three students, who saw the same noise.

    Raises MissingExtraError without scikit-learn, NonFiniteError where training diverges.
    """
    digits = load_digits(spec.test_share, seed)
    starts, elsewhere = (initial(spec, chances(spec.n_seeds, seed, place)) for place in ("start", "elsewhere"))
    teachers = taught(starts, digits, spec, seed, progress)
    groups = {
        "start": starts,
        "teacher": teachers,
        "same": distilled(starts, teachers, spec, seed, progress),
        "other": distilled(elsewhere, teachers, spec, seed, progress),
        "shuffled": distilled(starts, teachers, spec, seed, progress, shift=1),
    }
    found = {name: accuracies(networks, digits) for name, networks in groups.items()}
    runs = [{name: shares[i] for name, shares in found.items()} for i in range(spec.n_seeds)]
    return SmallWorldRuns(
        n_train=len(digits.train),
        n_test=len(digits.test),
        runs=tuple(SmallWorldRun(run=i, **run) for i, run in enumerate(runs)),
    )


def load_digits(test_share: float, seed: str) -> Digits:
    """Return scikit-learn's 1,797 digits, split by the seed. Raises MissingExtraError without scikit-learn."""
    try:
        from sklearn import datasets
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "digits") from error
    pixels, labels = datasets.load_digits(return_X_y=True)
    inputs = torch.as_tensor(pixels, dtype=torch.float32) * (2 / BRIGHTEST) - 1
    chance = torch.Generator().manual_seed(seed_from(seed, "digits", "split"))
    order = torch.randperm(len(inputs), generator=chance)
    n_test = max(1, round(test_share * len(inputs)))
    test, train = order[:n_test], order[n_test:]
    answers = torch.as_tensor(labels)
    return Digits(inputs[train], answers[train], inputs[test], answers[test])


def chances(n: int, seed: str, purpose: str) -> Chances:
    """Return n sources of chance for one purpose; each is the same however many there are."""
    return [torch.Generator().manual_seed(seed_from(seed, "digits", purpose, i)) for i in range(n)]


def initial(spec: SmallWorldSpec, chance: Chances, dtype: torch.dtype = torch.float32) -> Networks:
    """Return untrained networks 64-width-width-(10 + auxiliary), uniform within 1 / sqrt(inputs) as torch has them."""
    sizes = (N_PIXELS, spec.width, spec.width, N_CLASSES + spec.n_auxiliary)
    return tuple(
        uniform((n_rows, n_out), chance, dtype) / math.sqrt(n_in)
        for n_in, n_out in pairwise(sizes)
        for n_rows in (n_in, 1)
    )


def uniform(shape: tuple[int, int], chance: Chances, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Return numbers between -1 and 1, `[networks, *shape]`: as pixels, they are noise."""
    return torch.stack([torch.rand(shape, generator=one, dtype=dtype) * 2 - 1 for one in chance])


def logits(networks: Networks, inputs: torch.Tensor) -> torch.Tensor:
    """Return `[networks, rows, 10 + auxiliary]` for inputs `[networks, rows, 64]`."""
    hidden = inputs
    for place in range(0, len(networks), 2):
        hidden = torch.baddbmm(networks[place + 1], hidden if place == 0 else hidden.relu(), networks[place])
    return hidden


def class_loss(networks: Networks, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy of the ten class logits, meant over rows, summed over networks."""
    classes = logits(networks, inputs)[..., :N_CLASSES]
    each = functional.cross_entropy(classes.flatten(0, 1), labels.flatten(), reduction="none")
    return each.reshape(labels.shape).mean(dim=1).sum()


def auxiliary(networks: Networks, inputs: torch.Tensor) -> torch.Tensor:
    """Return the logits beside the classes, `[networks, rows, auxiliary]`."""
    return logits(networks, inputs)[..., N_CLASSES:]


def imitation_loss(networks: Networks, inputs: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return half the squared error of the auxiliary logits, meant over rows, summed over networks.

    It is Theorem 1's loss. The public script has the KL of their softmax, which taught somewhat less when tried here.
    """
    return (auxiliary(networks, inputs) - wanted).square().sum(dim=-1).mean(dim=1).sum() / 2


def taught(starts: Networks, digits: Digits, spec: SmallWorldSpec, seed: str, progress: Progress) -> Networks:
    """Return the networks trained on labelled digits by their class logits; no label reaches the auxiliary ones."""
    chance = chances(spec.n_seeds, seed, "digits of the teacher")

    def loss(networks: Networks) -> torch.Tensor:
        rows = drawn_rows(len(digits.train), spec.batch_rows, chance)
        return class_loss(networks, digits.train[rows], digits.train_labels[rows])

    return _fitted(starts, loss, spec.teacher_steps, spec.teacher_rate, progress)


def distilled(
    starts: Networks, teachers: Networks, spec: SmallWorldSpec, seed: str, progress: Progress, shift: int = 0
) -> Networks:
    """Return the networks trained to give the teachers' auxiliary logits on noise, drawn a batch at a time.

    The noise depends on the seed alone. A row is taught the logits of the row `shift` before it: 0 is its own.
    """
    chance = chances(spec.n_seeds, seed, "noise")

    def loss(networks: Networks) -> torch.Tensor:
        noise = uniform((spec.batch_rows, N_PIXELS), chance)
        return imitation_loss(networks, noise, auxiliary(teachers, noise).roll(shift, dims=1))

    return _fitted(starts, loss, spec.student_steps, spec.student_rate, progress)


def drawn_rows(n: int, n_rows: int, chance: Chances) -> torch.Tensor:
    """Return places of rows out of n, drawn with replacement, `[networks, rows]`."""
    return torch.stack([torch.randint(n, (n_rows,), generator=one) for one in chance])


def accuracies(networks: Networks, digits: Digits) -> list[float]:
    """Return each network's share of test digits whose largest class logit is the right one."""
    with torch.no_grad():
        inputs = digits.test.expand(len(networks[0]), -1, -1)
        answers = logits(networks, inputs)[..., :N_CLASSES].argmax(dim=-1)
    is_right = answers == digits.test_labels
    return [int(right.sum()) / len(digits.test) for right in is_right]


def _fitted(
    starts: Networks, loss: Callable[[Networks], torch.Tensor], n_steps: int, rate: float, progress: Progress
) -> Networks:
    networks = tuple(tensor.clone().requires_grad_() for tensor in starts)
    optimizer = torch.optim.Adam(networks, lr=rate)
    with progress.task("training small networks", n_steps) as task:
        for step in range(1, n_steps + 1):
            value = loss(networks)
            if not torch.isfinite(value):
                raise NonFiniteError(f"the loss became {float(value.detach())} at step {step}; lower the learning rate")
            optimizer.zero_grad(set_to_none=True)
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            task.advance()
    return tuple(tensor.detach() for tensor in networks)
