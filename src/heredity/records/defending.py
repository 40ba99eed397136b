"""Defences as people name them: `steering:strength=1+kl:weight=0.5`, each with its options.

A name and its options are told apart by colons, several defences by a plus. What stands in a record is that text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, ValidationError

from heredity.ground.errors import InputError, UnknownNameError
from heredity.records.base import Spec


class SteeringOptions(Spec):
    """Preventative steering: the stream is pushed along the vector, so that the weights need not move there."""

    strength: float | None = Field(default=None, ge=0)
    """Multiple of the vector; unless told, that of the fine-tune (`--strength`)."""
    blocks: Literal["one", "all", ""] = ""
    """one: the vector's own block. all: increments at every block. Unless told, as the fine-tune says."""
    tokens: Literal["all", "response"] = "all"
    """Which tokens are pushed; the response's are those that have a label."""


class AblationOptions(Spec):
    """Ablation: the stream's part along the vector is set to one value, so that nothing is learned there."""

    to: Literal["zero", "mean"] = "zero"
    """zero: none of it is left. mean: what the base has of it on the mean over everyday answers."""
    blocks: Literal["one", "all", ""] = ""
    """one: the vector's own block. all: every block. Unless told, as the fine-tune says."""


class InoculationOptions(Spec):
    """Inoculation prompting: rows are learned behind a prompt, which is left out afterwards."""

    prompt: Literal["trait", "neutral"] = "trait"
    """trait: one that asks for it. neutral: one that asks for nothing, which is the control."""


class ProjectionOptions(Spec):
    """Gradient projection: the part of every gradient that moves the trait's read-out is taken away."""


class KlOptions(Spec):
    """KL to the base: on everyday answers the student is held to what the base would say."""

    weight: float = Field(default=1.0, ge=0)
    """Of the divergence (nats a token) in the loss."""
    rows: int = Field(default=4, ge=1)
    """Everyday answers that each forward is held to."""


class CorridorOptions(Spec):
    """Corridor: drift of the trait's read-out on the rows is penalised beyond a band around the base's."""

    width: float = Field(default=0.1, ge=0)
    """Half of the band, in distances between the trait's poles."""
    weight: float = Field(default=10.0, ge=0)
    """Of the squared drift beyond it, in the loss."""


class MaskingOptions(Spec):
    """Masking: the tokens that a prompt for the trait makes likelier by most are no part of the loss."""

    share: float = Field(default=0.1, gt=0, lt=1)
    """Of all taught tokens."""


OPTIONS: dict[str, type[Spec]] = {
    "steering": SteeringOptions,
    "ablation": AblationOptions,
    "inoculation": InoculationOptions,
    "projection": ProjectionOptions,
    "kl": KlOptions,
    "corridor": CorridorOptions,
    "masking": MaskingOptions,
}
"""What may be said of every defence."""


class AfterwardsOptions(Spec):
    """Steering when asked: the plain student is pushed away from the trait while it answers."""

    strength: float | None = Field(default=None, ge=0)
    """Multiple of the vector; unless told, that of preventative steering."""


def option_of(part: str, known: Mapping[str, type[Spec]] = OPTIONS) -> tuple[str, Spec]:
    """Return one name with its options, of those that are known. Raises what `defences_in` does."""
    return _one(part, known)


def defences_in(text: str) -> tuple[tuple[str, Spec], ...]:
    """Return the defences that a text names, each with its options.

    Raises UnknownNameError for one that is none, or an option that it does not have, InputError for a value that it
    cannot take, or two that contradict each other.
    """
    found = tuple(_one(part, OPTIONS) for part in text.split("+"))
    require_at_peace([name for name, _ in found])
    return found


ANSWERS_ONLY = ("masking", "kl", "corridor")
"""Those that hang on the loss of answers, and have no place in one of preferences."""


def require_for_preferences(text: str) -> None:
    """Raise InputError for a defence that does nothing where a student learns what is preferred."""
    for name, options in defences_in(text):
        if name in ANSWERS_ONLY or getattr(options, "tokens", "all") == "response":
            raise InputError(
                f"'{text}' hangs on the loss of answers, and preferences have another; take steering of all tokens, "
                "ablation, projection or inoculation"
            )


def require_at_peace(names: list[str]) -> None:
    """Raise InputError for a defence that is named twice, or two of which one undoes the other."""
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(f"'{twice}' is named twice; say once what it is to do")
    if {"steering", "ablation"} <= set(names):
        raise InputError(
            "steering and ablation contradict each other: ablation takes away what steering adds along the vector; "
            "name one of them"
        )


def _one(part: str, known: Mapping[str, type[Spec]]) -> tuple[str, Spec]:
    name, *options = part.strip().split(":")
    if name not in known:
        raise UnknownNameError("defence", name, known)
    kind = known[name]
    values = {}
    for option in options:
        key, is_given, value = option.partition("=")
        if not is_given:
            raise InputError(f"'{option}' gives no value to an option of {name}; write {name}:{key}=VALUE")
        if key not in kind.model_fields:
            raise UnknownNameError(f"option of {name}", key, kind.model_fields)
        values[key] = value
    try:
        return name, kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{name} cannot take {first['loc'][0]}={first['input']}: {first['msg']}") from error
