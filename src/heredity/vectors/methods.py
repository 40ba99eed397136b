"""Ways to make a direction from the activations of two poles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import UnknownNameError

Floats = NDArray[np.float64]
Method = Callable[[Floats, Floats], Floats]
"""From positive and negative activations (`[answers, blocks, width]` each) to directions `[blocks, width]`."""


def mean_difference(positive: Floats, negative: Floats) -> Floats:
    """Return mean(positive) - mean(negative), not normalised ([PV] section 2.2)."""
    return np.asarray(positive.mean(axis=0) - negative.mean(axis=0))


METHODS: dict[str, Method] = {"mean_difference": mean_difference}


def method_named(name: str) -> Method:
    """Return a method. Raises UnknownNameError that lists what there is."""
    if name not in METHODS:
        raise UnknownNameError("method", name, METHODS)
    return METHODS[name]
