"""What the training forward under way was given, for those who stand in it.

Which tokens are response follows from the labels: those that are not -100. TRL's trainer, transformers' Trainer and
most loops hand them to the forward; a loop that keeps them back says it with `response_tokens(labels != -100)` around
the forward (`models/hooks.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from heredity.ground.errors import HookError
from heredity.models.hooks import RESPONSE_MASK, Handle
from heredity.training.batches import IGNORED

PACKED = ("cu_seq_lens_q", "seq_idx")
"""What a collator hands over where it writes several rows into one."""
KEPT = ("input_ids", "attention_mask", "position_ids", "token_type_ids")
"""Of what a forward was given, what another forward on the same tokens needs."""


@dataclass
class Feed:
    """The last training forward's tokens, labels and masks."""

    inputs: dict[str, torch.Tensor] = field(default_factory=dict)
    is_response: torch.Tensor | None = None
    """`[batch, tokens]`; None where nobody said."""
    is_packed: bool = False

    def begin(self, network: nn.Module, then: Callable[[], None] = lambda: None) -> Iterator[Handle]:
        """Note what every training forward is given, and do what is to be done then, until the handle is removed."""

        def note(module: nn.Module, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> None:
            if module.training and torch.is_grad_enabled():
                self._note(arguments, named)
                then()

        yield network.register_forward_pre_hook(note, with_kwargs=True)

    def response(self, like: torch.Tensor) -> torch.Tensor:
        """Return which tokens of a stream `[batch, tokens, ...]` are response. Raises HookError where nobody said."""
        if self.is_response is None or self.is_response.shape != like.shape[:2]:
            raise HookError(
                "which tokens are response is not known: hand the labels to the network's forward (labels=...), or run "
                "it within heredity.models.hooks.response_tokens(labels != -100)"
            )
        return self.is_response.to(like.device)

    def _note(self, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        given = {name: named[name] for name in KEPT if isinstance(named.get(name), torch.Tensor)}
        if arguments and isinstance(arguments[0], torch.Tensor):
            given.setdefault("input_ids", arguments[0])
        labels = named.get("labels")
        self.inputs = given
        self.is_packed = any(named.get(name) is not None for name in PACKED)
        self.is_response = labels != IGNORED if isinstance(labels, torch.Tensor) else RESPONSE_MASK.get()
        if self.is_response is not None:
            self.is_response = self.is_response.bool()
