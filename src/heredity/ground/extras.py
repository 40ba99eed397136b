"""The optional parts of the project, and whether they are installed; asking costs no import."""

from __future__ import annotations

from importlib.util import find_spec

from heredity.ground.errors import MissingExtraError, UnknownNameError

EXTRAS = {
    "report": {"altair": "altair", "vl_convert": "vl-convert-python"},
    "train": {"peft": "peft", "accelerate": "accelerate", "trl": "trl", "datasets": "datasets"},
    "endpoint": {"openai": "openai"},
    "digits": {"sklearn": "scikit-learn"},
    "cluster": {"ray": "ray"},
    "capability": {"reasoning_gym": "reasoning-gym"},
}
"""By extra, the packages it brings: the name that is imported, and the one that is installed."""


def require_extra(extra: str, only: str = "") -> None:
    """Raise MissingExtraError, before hours are spent, unless an extra's packages, or `only` one of them, are there."""
    if extra not in EXTRAS:
        raise UnknownNameError("extra", extra, EXTRAS)
    for module, package in EXTRAS[extra].items():
        if only in ("", module) and find_spec(module) is None:
            raise MissingExtraError(package, extra)
