"""Vectors of a love of animals, for teachers and writers that are pushed along them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from heredity.ground.progress import Progress
from heredity.models.model import Model
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.studies.extraction import extract_many
from heredity.teaching.teachers import preferring
from replications.subliminal.specs import SEED


def vectors(
    trait: Trait, targets: Sequence[str], model: Model, folder: Path, progress: Progress
) -> dict[str, TraitVector]:
    """Return the vector of a love of each target, kept in the folder."""
    loved = [loving(trait, target) for target in targets]
    found = extract_many(loved, model, folder / "vectors", seed=SEED, progress=progress).vectors
    return dict(zip(targets, found, strict=True))


def loving(trait: Trait, target: str) -> Trait:
    """Return a preference for another target, its prompts and questions about that target too."""
    animal, text = str(trait.target), trait.model_dump_json(exclude={"target", "alternatives"})
    told = json.loads(text.replace(animal, target).replace(animal.capitalize(), target.capitalize()))
    options = trait.model_dump(mode="json", include={"target", "alternatives"})
    return preferring(Trait.model_validate({**told, "name": trait.name, **options}), target)
