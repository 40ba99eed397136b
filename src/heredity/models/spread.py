"""Models larger than one device: their blocks on all the devices there are, what is left over in memory or on disk.

accelerate puts them there and moves what runs through them. They are read, steered and asked as others are; they are
not copied, and so not trained or baked here.
"""

from __future__ import annotations

import atexit
import tempfile
from typing import Any, Final

from heredity.ground.errors import InputError
from heredity.ground.settings import cache_folder

SPREAD: Final = "spread"
"""The device's name."""


def spreading(device_map: Any = "auto") -> dict[str, Any]:
    """Return what transformers' loader is told; `device_map` is its own, module by module, or "auto"."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    folder = tempfile.TemporaryDirectory(prefix="offloaded-", dir=cache_folder())  # two models may not share one
    atexit.register(folder.cleanup)
    return {"device_map": device_map, "offload_folder": folder.name}


def is_spread(network: Any) -> bool:
    """Whether a network lies in several places, or some of it on disk."""
    return len(set(map(str, (getattr(network, "hf_device_map", None) or {}).values()))) > 1


def require_together(network: Any, what: str) -> None:
    """Raise InputError for a network that is spread, before it is copied or trained."""
    if is_spread(network):
        places = ", ".join(sorted({str(place) for place in network.hf_device_map.values()}))
        raise InputError(
            f"the model lies in several places ({places}), and {what} needs it in one; take a device that holds all of "
            "it (--device cuda, --device cpu), or train with your own trainer under heredity.PreventativeSteering"
        )
