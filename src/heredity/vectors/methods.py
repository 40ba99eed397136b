"""Ways to make a direction from the activations of two poles.

Every method gives directions in the units of the residual stream, so that a strength means the same for all: its
length is the gap between the two poles' means along it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from heredity.ground.errors import MismatchError, UnknownNameError
from heredity.stats.arrays import Floats

Method = Callable[[Floats, Floats], Floats]
"""From positive and negative activations (`[answers, blocks, width]` each, partners at equal places) to directions
`[blocks, width]`."""

PENALTY = 0.1
"""Ridge of the logistic method, as a share of the activations' mean squared length."""
N_NEWTON = 8
"""Newton steps of the logistic method; the loss is flat to rounding after six on real activations."""


def mean_difference(positive: Floats, negative: Floats) -> Floats:
    """Return mean(positive) - mean(negative), not normalised ([PV] section 2.2)."""
    return np.asarray(positive.mean(axis=0) - negative.mean(axis=0))


def logistic(positive: Floats, negative: Floats) -> Floats:
    """Return the normal of a ridge-penalised logistic regression, one a block.

    Newton's method in the dual (there are fewer answers than dimensions): with K the Gram matrix of the centred
    activations and p the fitted probabilities, a = (K + penalty * W^-1)^-1 (K a + W^-1 (y - p)), W = p (1 - p).
    """
    rows = np.concatenate([positive, negative])
    rows = np.moveaxis(rows - rows.mean(axis=0), 1, 0)
    label = np.concatenate([np.ones(len(positive)), np.zeros(len(negative))])
    gram = rows @ np.swapaxes(rows, 1, 2)
    penalty = PENALTY * np.trace(gram, axis1=1, axis2=2)[:, None] / len(label) + 1e-12
    dual = np.zeros(gram.shape[:2])
    for _ in range(N_NEWTON):
        logit = (gram @ dual[:, :, None])[:, :, 0]
        p = special.expit(logit)
        weight = np.maximum(p * (1 - p), 1e-6)
        curved = gram + np.eye(len(label)) * (penalty / weight)[:, :, None]
        dual = np.linalg.solve(curved, (logit + (label - p) / weight)[:, :, None])[:, :, 0]
    return as_long_as_the_gap(np.einsum("bn,bnw->bw", dual, rows), positive, negative)


def pca(positive: Floats, negative: Floats) -> Floats:
    """Return the first principal axis of the partners' differences, not centred (Zou et al. 2023, section 3.1).

    Raises MismatchError when the poles have unequal numbers of answers, and so no partners.
    """
    if len(positive) != len(negative):
        raise MismatchError(
            f"the method 'pca' works on pairs of answers, but there are {len(positive)} positive and "
            f"{len(negative)} negative ones; use mean_difference"
        )
    apart = np.moveaxis(positive - negative, 1, 0)
    _, vectors = np.linalg.eigh(apart @ np.swapaxes(apart, 1, 2))
    return as_long_as_the_gap(np.einsum("bn,bnw->bw", vectors[:, :, -1], apart), positive, negative)


def as_long_as_the_gap(directions: Floats, positive: Floats, negative: Floats) -> Floats:
    """Return the directions `[blocks, width]` turned to the positive pole, as long as the poles are apart on them."""
    unit = directions / (np.linalg.norm(directions, axis=1, keepdims=True) + 1e-12)
    gap = np.einsum("bw,bw->b", mean_difference(positive, negative), unit)
    return np.asarray(unit * gap[:, None])


METHODS: dict[str, Method] = {"mean_difference": mean_difference, "logistic": logistic, "pca": pca}


def method_named(name: str) -> Method:
    """Return a method. Raises UnknownNameError that lists what there is."""
    if name not in METHODS:
        raise UnknownNameError("method", name, METHODS)
    return METHODS[name]
