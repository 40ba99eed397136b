"""Whether a network's weights are all its files' own, from what transformers found while it loaded them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from heredity.ground.errors import InputError
from heredity.models.blocks import block_list

WRAPPED: Final = {
    "_orig_mod.": "torch.compile; save network._orig_mod again",
    "module.": "DataParallel or one of its kin; save network.module again",
    "base_model.model.": "PEFT; save network.merge_and_unload() again",
}
"""Prefixes that wrappers put before every name, and what to save instead."""
BUFFERS: Final = ("inv_freq", "masked_bias", "attn.bias", "attention.bias")
"""Ends of names that older versions saved beside the weights, and that are computed now."""
N_NAMED: Final = 3
"""Names that a message shows."""


def require_whole(network: Any, findings: dict[str, Any]) -> None:
    """Raise InputError when a weight is missing, of another shape, or in the files for a block but without a place.

    What is missing or does not fit would be drawn at random; what has no place in a block is another model's.
    """
    missing, unexpected = sorted(findings["missing_keys"]), sorted(findings["unexpected_keys"])
    mismatched = sorted(findings["mismatched_keys"])
    if mismatched:
        name, held, wanted = mismatched[0]
        raise InputError(
            f"{len(mismatched)} weights have another shape than config.json asks for ({name} is {list(held)}, not "
            f"{list(wanted)}); take the config.json that was saved with them"
        )
    if missing:
        raise InputError(
            f"{len(missing)} of its weights are not in the files ({some(missing)}) and would be drawn at random; "
            + reason(missing, unexpected, network)
        )
    homeless = [name for name in unexpected if in_a_block(name, network) and not name.endswith(BUFFERS)]
    if homeless:
        raise InputError(
            f"its files hold {len(homeless)} weights of blocks for which the config has no place ({some(homeless)}); "
            "it describes another model, or leaves blocks out: take the config.json that was saved with them"
        )


def reason(missing: list[str], unexpected: list[str], network: Any) -> str:
    """Return why weights are missing, as far as the names tell, and what to do."""
    prefix = common_prefix(missing, unexpected)
    if prefix:
        known = next((wrapper for wrapper in WRAPPED if prefix.startswith(wrapper)), None)
        how = f"saved from a network wrapped by {WRAPPED[known]}" if known else "rename them, or save the network again"
        return f"in the files every name begins with '{prefix}': {how}"
    if all(in_a_block(name, network) for name in missing):
        return "config.json names more blocks, or other parts of them, than were saved; take the one saved with them"
    return "save the whole network again with save_pretrained"


def common_prefix(missing: list[str], unexpected: Iterable[str]) -> str:
    """Return what stands before most of the missing names in the files; empty where nothing does."""
    held = list(unexpected)
    found = Counter(name.removesuffix(wanted) for wanted in missing for name in held if name.endswith("." + wanted))
    prefix, count = found.most_common(1)[0] if found else ("", 0)
    return prefix if count * 2 >= len(missing) else ""


def in_a_block(name: str, network: Any) -> bool:
    """Whether a weight's name is one of a decoder block."""
    place, _ = block_list(network)
    return name.startswith(f"{place}.")


def some(names: list[str]) -> str:
    """Return the first few names."""
    return ", ".join(names[:N_NAMED]) + (", ..." if len(names) > N_NAMED else "")
