"""What studies of teachers and students share on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from heredity.cli.flags import Flag
from heredity.ground.errors import InputError, UnknownNameError
from heredity.records.carrier import CarrierKind
from heredity.records.trait import Trait
from heredity.records.transmission import TransmitSpec
from heredity.records.vector import TraitVector
from heredity.store.tensors import load_vector
from heredity.traits import define

WRITTEN: tuple[CarrierKind, ...] = tuple(kind for kind in get_args(CarrierKind) if kind != "random-numbers")
"""Carriers that teachers write."""
ONLY_FINETUNED = ("--teacher", ("finetuned",))
ONLY_WRITTEN = ("--carrier", WRITTEN)


def pairs_of(field: str, more: str = "") -> Flag:
    """Return the option that says how many seeds a study has."""
    return Flag("--seeds", field, more, counts=True)


def students_of(field: str) -> tuple[Flag, Flag, Flag]:
    """Return the options of how students learn."""
    return (
        Flag("--steps", f"{field}.n_steps"),
        Flag("--batch-rows", f"{field}.batch_rows"),
        Flag("--rate", f"{field}.learning_rate"),
    )


def teachers_of(field: str, only: tuple[str, tuple[str, ...]] = ("", ())) -> tuple[Flag, Flag]:
    """Return the options of how teachers are fine-tuned."""
    return (
        Flag("--teacher-steps", f"{field}.n_steps", only=only),
        Flag("--teacher-rate", f"{field}.learning_rate", only=only),
    )


def pilot_of(field: str) -> Flag:
    """Return the switch of a study that runs whatever it can see."""
    return Flag("--pilot", field, sets=0.0, instead="Run although the pairs are too few to see the effect.")


def further(trait: Trait, spec: TransmitSpec, files: list[Path]) -> dict[str, Any]:
    """Return the character traits that controls name, and the vectors of steered teachers, by name."""
    named = (spec.control, *spec.others) if trait.kind == "character" else ()
    traits = {name: beside(trait, name) for name in named if name != "base"}
    vectors: dict[str, TraitVector] = {}
    for file in files:
        vector = load_vector(file)
        vectors[vector.header.trait.target or vector.header.trait.name] = vector
    return {"traits": traits, "vectors": vectors}


def beside(trait: Trait, name: str) -> Trait:
    """Return the trait that a control shows beside a trait of character. Raises InputError for one that is none."""
    try:
        return define.trait(name)
    except UnknownNameError as error:
        raise InputError(
            f"'{trait.name}' is a trait of character and needs another one beside it, for example --control "
            f"hallucination, but: {error}"
        ) from error
