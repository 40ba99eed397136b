"""Fit one steering vector to rows: the push under which a frozen model is likeliest to write them.

Only the vector is trained; the model is read ([arXiv 2604.25783], blind recovery of a teacher's vector).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from heredity.ground.errors import ExperimentError, NonFiniteError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.hooks import standing
from heredity.models.model import Model
from heredity.records.blind import BlindSpec
from heredity.records.transmission import ImitateSpec
from heredity.training.imitate import Lesson, nats

TOKENS = ImitateSpec(labels="hard")


@dataclass(frozen=True)
class Place:
    """Where a vector is added, and what is read there."""

    block: int
    """After which it is added."""
    counted: Sequence[int]
    """Ids that a response is made of, renormalised; none: all."""
    precision: torch.dtype
    """Of autocast."""
    scale: float
    """Root mean square of the stream there: what the learning rate is a share of."""


def fit_vector(
    model: Model,
    batches: Iterable[Sequence[Lesson]],
    place: Place,
    spec: BlindSpec,
    progress: Progress = SILENCE,
) -> NDArray[np.float32]:
    """Return the vector (`[width]`) that, added after a block at every token, makes the rows likeliest.

    The model's own weights take no gradient and stay as
    they are. Raises NonFiniteError for a loss that is no number, ExperimentError for too few batches.
    """
    vector = torch.zeros(model.text_config.hidden_size, device=model.device, requires_grad=True)
    optimizer = torch.optim.Adam([vector], lr=spec.learning_rate * place.scale)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, spec.n_steps)

    def add(hidden: torch.Tensor, module: nn.Module) -> torch.Tensor:
        return hidden + vector.to(hidden.device, hidden.dtype)

    n_done = 0
    with standing(model.network, [(place.block, add)]), progress.task("fitting a vector", spec.n_steps) as task:
        for batch in islice(batches, spec.n_steps):
            loss = nats(model, None, batch, TOKENS, place.precision, place.counted).mean()
            if not math.isfinite(float(loss.detach())):
                raise NonFiniteError(f"the loss became {float(loss.detach())}; lower the learning rate")
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            model.work.n_tokens += sum(len(lesson.row.ids) for lesson in batch)
            n_done += 1
            task.advance()
    if n_done < spec.n_steps:
        raise ExperimentError(f"{spec.n_steps} steps were asked for, but the rows lasted for {n_done}")
    return vector.detach().cpu().numpy()
