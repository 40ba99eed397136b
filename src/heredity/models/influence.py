"""How training on rows would carry a read-out, to first order: the product of two gradients, row by row.

g_i . t, with g_i the gradient of a row's log-likelihood and t that of the read-out, is the rate at which a step on the
row moves the read-out; and, as it is symmetrical, the rate at which the row grows likelier along t. So no row needs a
backward pass of its own: (log p_i(w + d) - log p_i(w - d)) / 2 with d along t.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from heredity.ground.errors import ExperimentError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.batches import by_length, pad
from heredity.models.chat import Rendered
from heredity.models.hooks import stand_after
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.models.weights import trainable_copy

STEP = 0.05
"""Of the whole distance, how far the read-out is moved either way: so little that halving it changes nothing told."""


@dataclass(frozen=True)
class ReadOut:
    """The mean over prompts of the last token's h_l . u."""

    prompts: Sequence[Sequence[int]]
    block: int
    """0-based."""
    unit: NDArray[np.floating]
    """`[width]`, of length 1."""
    distance: float
    """How far a whole step would move it."""


def aligned(
    model: Model, rows: Sequence[Rendered], readout: ReadOut, progress: Progress = SILENCE
) -> NDArray[np.float64]:
    """Return `[rows]`: by how much a row's log-likelihood grows (nats) for a whole step along the read-out's gradient.

    Over all weights but the embeddings, in float32, on a copy; the model is left as it is. Raises ExperimentError for a
    read-out that no weight moves, and what `trainable_copy` does.
    """
    copied = trainable_copy(model, "influence")
    copied.network.eval()
    weights = trained_weights(copied)
    gradient = gradient_of(copied, weights, readout)
    squared = float(sum(part.double().square().sum() for part in gradient))
    if not squared > 0:
        raise ExperimentError("no weight moves the trait's read-out, so no row has an influence on it")
    size = STEP * readout.distance / squared
    sides = []
    for step in (size, -2 * size):  # the second goes back over the first
        with torch.no_grad():
            for weight, part in zip(weights, gradient, strict=True):
                weight.add_(part, alpha=step)
        sides.append(log_likelihood(copied, rows, label="influence", progress=progress).total)
    return np.asarray((sides[0] - sides[1]) / (2 * STEP))


def trained_weights(model: Model) -> list[nn.Parameter]:
    """Return all weights but the embeddings."""
    embeddings = model.network.get_input_embeddings().weight
    return [weight for weight in model.network.parameters() if weight is not embeddings]


def gradient_of(model: Model, weights: Sequence[nn.Parameter], readout: ReadOut) -> list[torch.Tensor]:
    """Return the read-out's gradient in every weight; nought where a weight does not move it."""
    unit = torch.from_numpy(np.asarray(readout.unit, dtype=np.float32)).to(model.device)
    found: list[torch.Tensor] = []
    total = [torch.zeros_like(weight) for weight in weights]

    def keep(hidden: torch.Tensor, module: nn.Module) -> None:
        found.append(hidden)

    for batch in by_length([len(ids) for ids in readout.prompts], 2048):
        padded = pad([readout.prompts[i] for i in batch], "left", model.pad_id, model.device)
        handle = stand_after(model.network, readout.block, keep)
        try:
            model.network.base_model(**padded.inputs(), use_cache=False)
        finally:
            handle.remove()
        along = (found.pop()[:, -1].float() @ unit).sum() / len(readout.prompts)
        parts = torch.autograd.grad(along, weights, allow_unused=True)
        for sums, part in zip(total, parts, strict=True):
            if part is not None:
                sums += part
    return total
