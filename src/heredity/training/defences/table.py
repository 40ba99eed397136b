"""What can keep a trait out of a student while it trains, by name.

A defence is one file beside this one, one line in the table, and its options beside the others'
(`records/defending.py`). It acts on training alone, is gone afterwards, and raises where it never acted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heredity.ground.errors import InputError
from heredity.models.chat import Rendered, question, render, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.records.defending import defences_in
from heredity.records.student import TrainSpec, n_parts
from heredity.records.vector import TraitVector
from heredity.store.questions import everyday_questions
from heredity.training.defences.ablate import Ablation
from heredity.training.defences.corridor import Corridor
from heredity.training.defences.defence import Defence
from heredity.training.defences.inoculate import Inoculation
from heredity.training.defences.kl import KlToBase
from heredity.training.defences.mask import Masking
from heredity.training.defences.penalty import Penalty
from heredity.training.defences.project import GradientProjection
from heredity.training.defences.several import Several
from heredity.training.defences.steer import PreventativeSteering

N_USUAL, N_TOKENS = 48, 32
"""Everyday answers of the base, and tokens of each."""


@dataclass(frozen=True)
class Making:
    """What a defence is made of."""

    vectors: tuple[TraitVector, ...]
    spec: TrainSpec
    model: Model | None

    @property
    def everyday(self) -> list[Rendered]:
        """The base's own greedy answers to everyday questions. Raises InputError without a model to give any."""
        model = self.model
        if model is None:
            raise InputError("this defence needs the base's own answers: make it with the model that is trained")
        asked = everyday_questions("defence")[:N_USUAL]
        how = GenerateSpec(n_tokens=N_TOKENS, temperature=0.0, min_tokens=3)
        prompts = [render_prompt(model, question(text)) for text in asked]
        said = generate(model, prompts, ["0"] * len(asked), how, "everyday answers")
        return [
            render(model, question(text), one.text) for text, one in zip(asked, said, strict=True) if one.text.strip()
        ]

    @property
    def usual(self) -> Mapping[int, NDArray[np.floating]]:
        """The base's mean activation over those answers, `[width]` by block."""
        answers, blocks = self.everyday, range(self.vectors[0].header.n_blocks)
        assert self.model is not None
        found = read(self.model, answers, list(blocks), ReadSpec(positions=("response",)))
        return {block: found.at("response", block).mean(axis=0) for block in blocks}


def _steering(making: Making, options: Any) -> Defence:
    strength = making.spec.prevent_strength if options.strength is None else options.strength
    return PreventativeSteering(making.vectors, strength, _is_all(making, options), options.tokens)


def _ablation(making: Making, options: Any) -> Defence:
    return Ablation(making.vectors, _is_all(making, options), making.usual if options.to == "mean" else None)


def _kl(making: Making, options: Any) -> Defence:
    answers = making.everyday
    return KlToBase(making.vectors, answers, options, making.model.pad_id if making.model else 0)


def _is_all(making: Making, options: Any) -> bool:
    return making.spec.prevent_all_blocks if not options.blocks else options.blocks == "all"


DEFENCES: dict[str, Callable[[Making, Any], Defence]] = {
    "steering": _steering,
    "ablation": _ablation,
    "inoculation": lambda making, options: Inoculation(making.vectors, options.prompt == "neutral"),
    "projection": lambda making, _: GradientProjection(making.vectors),
    "kl": _kl,
    "corridor": lambda making, options: Corridor(making.vectors, options),
    "masking": lambda making, options: Masking(making.vectors, options),
}
"""Every defence, made from vectors, what was asked for, and its options."""


def require_defence(text: str) -> None:
    """Raise, with what there is, for a text that names no defence, or gives one what it cannot take."""
    defences_in(text)


def defence_of(vectors: Sequence[TraitVector], spec: TrainSpec, model: Model | None = None) -> Defence | None:
    """Return the defence, or the several, that a fine-tune asks for; None without vectors.

    Raises what `defences_in` does, and InputError for one that needs the model where none is given.
    """
    named = defences_in(spec.defence)
    if not vectors:
        return None
    making = Making(tuple(vectors), spec, model)
    made = [DEFENCES[name](making, options) for name, options in named]
    for defence in made:
        if isinstance(defence, Penalty):
            defence.n_parts = n_parts(spec.batch_rows, spec.rows_at_once)
    return made[0] if len(made) == 1 else Several(made)
