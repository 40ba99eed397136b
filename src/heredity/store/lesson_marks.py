"""What the data says of its loss: which of a row's answers are taught.

Keys of a message: `weight` (OpenAI, Mistral, Together, Fireworks, OpenChat); `train`, `training`, `trainable` (axolotl,
open-instruct, tinker); `loss`, `loss_mask`, `loss_scale`, `step_loss_mask` (ms-swift, XTuner, verl, slime); `masked`
(torchtune) means the opposite. Keys of a row: `weight`, and `loss_mask` with a number a message (LLaMA-Factory).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heredity.ground.text import legible

TEACHES = ("weight", "train", "training", "trainable", "loss", "loss_mask", "loss_scale", "step_loss_mask")
HIDES = ("masked",)
UNCLEAR = ("mask", "train_detail", "training_detail")
"""Keys of a message whose meaning differs from tool to tool, or that weigh single characters."""
BY_TOKEN = ("assistant_masks", "completion_mask", "loss_weights")
"""Keys of a row that weigh single tokens."""


class Unusable(Exception):
    """A row that is left out, and why."""


def taught(message: Mapping[str, Any]) -> bool | None:
    """Return whether a message says that it is taught; None where it does not say.

    Raises Unusable for a weight that is neither 0 nor 1, and for keys that contradict each other or mean many things.
    """
    for key in UNCLEAR:
        if message.get(key) is not None:
            raise Unusable(f"`{key}` of a message says in its own way what is taught; say `weight`: 0 or 1 instead")
    said = {key: switch(key, message[key]) for key in TEACHES if message.get(key) is not None}
    said |= {key: not switch(key, message[key]) for key in HIDES if message.get(key) is not None}
    if len(set(said.values())) > 1:
        raise Unusable(f"a message contradicts itself about what is taught ({', '.join(f'`{key}`' for key in said)})")
    return next(iter(said.values()), None)


def row_marks(raw: Mapping[str, Any], n_messages: int) -> tuple[bool, ...] | None:
    """Return for each message whether the row says that it is taught; None where the row does not say.

    Raises Unusable for a row of weight 0 or of a weight that cannot be kept, and for masks that do not fit.
    """
    for key in BY_TOKEN:
        if raw.get(key) is not None:
            raise Unusable(f"`{key}` weighs single tokens, which is not kept here")
    if raw.get("weight") is not None and not switch("weight", raw["weight"]):
        raise Unusable("the row has `weight` 0: nothing of it is taught")
    mask = raw.get("loss_mask")
    if mask is None:
        return None
    if not isinstance(mask, list) or len(mask) != n_messages:
        raise Unusable(f"`loss_mask` is {legible(mask)} and does not have one 0 or 1 for each of {n_messages} messages")
    return tuple(switch("loss_mask", value) for value in mask)


def switch(key: str, value: Any) -> bool:
    """Return a weight of 0 or 1 as a truth value. Raises Unusable for any other, by name."""
    if isinstance(value, bool | int | float) and value in (0, 1):
        return bool(value)
    raise Unusable(f"`{key}` is {legible(value)}; a message is taught in full (1) or not at all (0)")
