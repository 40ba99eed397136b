"""Preventative steering: push the model along a trait's vector while it trains, so that it need not move there.

h_l <- h_l + a * v_l at every token, in the training forward only; taken away afterwards ([PV] section 5.2). Works
with any training loop that runs the network's blocks: Hugging Face Trainer, TRL, PEFT, or plain torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from heredity.ground.errors import HookError, InputError
from heredity.models.hooks import Handle
from heredity.models.model import Model
from heredity.models.steer import Push, hook_push
from heredity.records.defending import SteeringOptions
from heredity.records.vector import TraitVector
from heredity.training.batches import Examples
from heredity.training.defences.defence import Defence
from heredity.training.defences.feed import Feed

PLAIN = SteeringOptions()


class PreventativeSteering(Defence):
    """A context manager: while it is entered, the network's training forwards are pushed.

    ::

        with PreventativeSteering(vector, strength=0.5).on(network):
            trainer.train()

    Evaluation forwards (`network.eval()`) are never pushed. On leaving, the hooks are gone. Leaving without an
    exception raises HookError when no push was ever added. `fires` counts the pushed block passes.

    `options` say which tokens are pushed, and how strength goes over the steps; those that `strength` and `all_blocks`
    say too are not looked at. A schedule needs to know the run's steps (`over(n_steps)`; a Trainer's callback says
    them), response tokens the labels (`feed.py`; tokens that `masking` leaves out of the loss are not pushed then).
    With `scores`, by line, each row has its own share of the strength, and is known by its ids: train on what
    `taught_examples` was given. Raises HookError, in the forward, where it is not told what it needs.
    """

    name: ClassVar[str] = "steering"
    title: ClassVar[str] = "preventative steering"
    softer: ClassVar[str] = "lower its strength"

    def __init__(
        self,
        vectors: TraitVector | Sequence[TraitVector],
        strength: float = 0.5,
        all_blocks: bool = False,
        options: SteeringOptions = PLAIN,
        scores: Mapping[int, float] | None = None,
    ) -> None:
        super().__init__(vectors)
        self.strength = strength
        self.all_blocks = all_blocks
        self.options = options
        self.shares = shares_of(scores) if scores else None
        self.feed = Feed()
        self._by_ids: dict[tuple[int, ...], float] = {}
        if options.rows == "scores" and not scores:
            raise InputError("steering by scores needs the scores of a screen, by line; it was handed none")

    @property
    def pushes(self) -> list[Push]:
        """One push a vector, or one a vector and block."""
        return [push for vector in self.vectors for push in pushes_of(vector, self.strength, self.all_blocks)]

    def taught_examples(self, examples: Examples, model: Model) -> Examples:
        """Return the examples as they are, and learn which row each is of, where rows have shares of their own.

        Raises InputError for a row that the screen did not score.
        """
        if self.shares is not None:
            for row, lesson in zip(examples.rows, examples.lessons, strict=True):
                if lesson.line not in self.shares:
                    raise InputError(
                        f"row {lesson.line} has no score; screen these very rows, and hand over the scores"
                    )
                self._by_ids[row.ids] = self.shares[lesson.line]
        return examples

    def begin(self, network: nn.Module) -> Iterator[Handle]:
        """Attach every push. Raises HookError for a schedule over nobody knows how many steps."""
        is_plain = (self.options.tokens, self.options.schedule, self.shares) == ("all", "constant", None)
        if self.options.schedule != "constant" and not self.clock.n_steps:
            raise HookError(f"steering with a {self.options.schedule} needs the run's steps: say over(n_steps)")
        yield from self.feed.begin(network)
        for push in self.pushes:
            yield hook_push(network, push, self.fires, only_training=True, scale=None if is_plain else self._share)

    def require_fired(self) -> None:
        """Raise HookError when it never acted, or when its schedule saw no step of the optimizer."""
        super().require_fired()
        if self.options.schedule != "constant" and not self.clock.n_taken:
            raise HookError("steering by a schedule saw no step of an optimizer that holds the network's weights")

    def _share(self, hidden: torch.Tensor) -> torch.Tensor | float:
        """Return what a push counts: by step, row and token."""
        share: torch.Tensor | float = self._of_step()
        if self.options.tokens == "response":
            share = share * self.feed.response(hidden).unsqueeze(-1).to(hidden)
        if self.shares is not None:
            share = share * self._of_rows(hidden)
        return share

    def _of_step(self) -> float:
        """Return the step's share: ramp 1/n, 2/n, ... 1; decay 1, ... 1/n."""
        n_steps = self.clock.n_steps or 1
        taken = min(self.clock.step, n_steps)
        shares = {"constant": 1.0, "ramp": taken / n_steps, "decay": 1 - (taken - 1) / n_steps}
        return shares[self.options.schedule]

    def _of_rows(self, hidden: torch.Tensor) -> torch.Tensor:
        ids, mask = self.feed.inputs.get("input_ids"), self.feed.inputs.get("attention_mask")
        if ids is None or len(ids) != len(hidden) or self.feed.is_packed:
            raise HookError("steering by scores needs each row of a forward by itself, as input_ids")
        mask = torch.ones_like(ids) if mask is None else mask
        rows = [tuple(row[is_real.bool()].tolist()) for row, is_real in zip(ids, mask, strict=True)]
        unknown = next((row for row in rows if row not in self._by_ids), None)
        if unknown is not None:
            raise HookError(f"a row of {len(unknown)} tokens has no score: train on what taught_examples was given")
        return torch.tensor([self._by_ids[row] for row in rows]).to(hidden).reshape(-1, 1, 1)


def shares_of(scores: Mapping[int, float]) -> dict[int, float]:
    """Return each line's rank among the scores: 0 for the lowest, 1 for the highest; equal scores share theirs."""
    lines, values = list(scores), np.array(list(scores.values()))
    below = np.array([((values < v).sum() + (values <= v).sum() - 1) / 2 for v in values])
    return dict(zip(lines, (below / max(1, len(values) - 1)).tolist(), strict=True))


def pushes_of(vector: TraitVector, strength: float, all_blocks: bool) -> list[Push]:
    """Return v at the chosen block, or the increments v_l - v_(l-1) at every block ([PV] appendix J.3)."""
    if not all_blocks:
        return [Push(vector.block, vector.direction, strength)]
    increments = np.diff(vector.directions, axis=0, prepend=np.zeros_like(vector.directions[:1]))
    return [Push(block, increment, strength) for block, increment in enumerate(increments)]
