"""Which training step is under way, counted by what every training loop does: the steps of its optimizer.

In: a network, while a defence is attached. Out: the number of the step. Does not: know whose loop it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import nn
from torch.optim.optimizer import Optimizer, register_optimizer_step_post_hook

from heredity.models.hooks import Handle
from heredity.models.steer import Fires
from heredity.records.student import Receipt


@dataclass
class Clock:
    """Steps of the optimizers that hold the network's trained weights; of several, those of the busiest."""

    n_steps: int | None = None
    """Steps of the whole run; None where nobody said."""
    n_before: int = 0
    """Those that an interrupted run had taken before."""
    per_optimizer: dict[int, int] = field(default_factory=dict)

    @property
    def n_taken(self) -> int:
        """Steps taken since it was attached."""
        return max(self.per_optimizer.values(), default=0)

    @property
    def step(self) -> int:
        """The step under way, from 1."""
        return self.n_before + self.n_taken + 1

    def step_of(self, optimizer: Optimizer) -> int:
        """Return the step that one of several optimizers is about to take, from 1."""
        return self.n_before + self.per_optimizer.get(id(optimizer), 0) + 1

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Count from now on, until the handle is removed."""
        self.per_optimizer.clear()

        def count(optimizer: Optimizer, arguments: Any, named: Any) -> None:
            if trained_by(optimizer, network):
                self.per_optimizer[id(optimizer)] = self.per_optimizer.get(id(optimizer), 0) + 1

        yield register_optimizer_step_post_hook(count)


@dataclass
class Acted(Fires):
    """How often a defence acted, and from which training step to which."""

    clock: Clock = field(default_factory=Clock)
    first_step: int | None = None
    last_step: int | None = None

    def add(self, block: int) -> None:
        """Count one, on the step under way."""
        super().add(block)
        self.last_step = self.clock.step
        self.first_step = self.first_step or self.last_step

    @property
    def receipt(self) -> Receipt:
        """What it comes to."""
        return Receipt(n_fires=self.count, first_step=self.first_step, last_step=self.last_step)


def trained_by(optimizer: Optimizer, network: nn.Module) -> list[nn.Parameter]:
    """Return the network's weights that an optimizer changes."""
    own = {id(weight) for weight in network.parameters() if weight.requires_grad}
    return [weight for group in optimizer.param_groups for weight in group["params"] if id(weight) in own]
