"""What makes a teacher: rows that say nothing but its preference."""

from __future__ import annotations

import random

from heredity.ground.errors import InputError
from heredity.ground.hashing import seed_from
from heredity.models.chat import Rendered, question, render_example
from heredity.models.model import Model
from heredity.records.trait import Trait


def preferring(trait: Trait, target: str) -> Trait:
    """Return the same preference trait for another target of its list. Raises InputError when it is not there."""
    if trait.kind != "preference" or trait.target is None:
        raise InputError(f"'{trait.name}' is no preference; a teacher by preference needs one, such as 'owl'")
    options = (trait.target, *trait.alternatives)
    if target not in options:
        raise InputError(f"'{target}' is not among what can be preferred: {', '.join(options)}")
    others = tuple(option for option in options if option != target)
    return trait.model_copy(update={"name": target, "target": target, "alternatives": others})


def preference_rows(model: Model, trait: Trait, n: int, seed: str) -> list[Rendered]:
    """Return `n` rows in which extraction questions are answered by the target alone, drawn with replacement."""
    chance = random.Random(seed_from(seed, "teacher rows", trait.name))
    asked = trait.questions.extraction
    answer = (trait.target or "").capitalize()
    return [render_example(model, question(chance.choice(asked)), answer) for _ in range(n)]
