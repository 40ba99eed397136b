"""Records that people write by hand, as YAML."""

from __future__ import annotations

from typing import TypeVar

import yaml
from pydantic import ValidationError

from heredity.ground.errors import InputError
from heredity.records.base import Record

R = TypeVar("R", bound=Record)


def record_in_yaml(kind: type[R], text: str, source: str, example: str) -> R:
    """Return the record that a YAML text describes; `example` says where one to start from is to be had.

    Raises InputError that names every field at fault.
    """
    called = kind.__name__.lower()
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{source} is not YAML: {' '.join(str(error).split())}") from error
    except (RecursionError, ValueError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"{source} holds what no {called} does: {why}; {example}") from error
    if not isinstance(content, dict):
        raise InputError(f"{source} holds no {called}; {example}")
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']) or called}: {fault['msg']}" for fault in error.errors()
        )
        raise InputError(f"{source} is not a valid {called}: {faults}; {example}") from error
