"""Vectors by trait: those that are there already, and the others made and kept for the next command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.records.dialogue import Row
from heredity.records.trait import Trait
from heredity.records.vector import ExtractSpec, TraitVector
from heredity.screening.manner import manner_of, usual_answers
from heredity.stats.arrays import Floats
from heredity.store.known_manner import keep_answers, keep_manner, known_answers, known_manner
from heredity.store.known_vectors import keep_vector, known_vector
from heredity.studies.each import of_each
from heredity.vectors.extract import extract


@dataclass(frozen=True)
class Known:
    """The vectors of several traits."""

    vectors: tuple[TraitVector, ...]
    failed: Mapping[str, str] = field(default_factory=dict)
    """Traits that have none, and why."""


def vector_for(
    trait: Trait, model: Model, spec: ExtractSpec | None = None, seed: str = "0", progress: Progress = SILENCE
) -> TraitVector:
    """Return a trait's vector: from the package, from an earlier command, or made and kept.

    Raises NothingKeptError where too few answers tell the trait's poles apart.
    """
    spec = spec or ExtractSpec()
    found = known_vector(trait, model.fingerprint, spec, seed)
    if found is None:
        found = extract(trait, model, spec, seed, progress)
        keep_vector(found)
    return found


def known_among(traits: Sequence[Trait], model: Model) -> tuple[TraitVector, ...]:
    """Return the vectors that are there already; none is made."""
    found = (known_vector(trait, model.fingerprint) for trait in traits)
    return tuple(vector for vector in found if vector is not None)


def manner_for(model: Model, blocks: Sequence[int], progress: Progress = SILENCE) -> Floats:
    """Return how a model answers everyday questions, `[answers, blocks, width]`: known, or read and kept."""
    found = known_manner(model.fingerprint, blocks)
    if found is None:
        answers = answers_for(model, progress)
        found = keep_manner(manner_of(model, blocks, answers, progress), model.fingerprint, blocks)
    return found


def answers_for(model: Model, progress: Progress = SILENCE) -> tuple[Row, ...]:
    """Return everyday questions with a model's own answers: known, or asked and kept."""
    return known_answers(model.fingerprint) or keep_answers(usual_answers(model, progress), model.fingerprint)


def vectors_for(traits: Sequence[Trait], model: Model, progress: Progress = SILENCE) -> Known:
    """Return the vectors of all traits that have one, and why the others have none.

    Raises ExperimentError where none has one.
    """
    known = {trait.id: known_vector(trait, model.fingerprint) for trait in traits}
    lacking = [trait.name for trait in traits if known[trait.id] is None]
    if lacking:
        progress.note(f"no vector of '{model.name}' is known yet for {', '.join(lacking)}: made now, and kept")

    def make(trait: Trait) -> TraitVector:
        return known[trait.id] or vector_for(trait, model, progress=progress)

    found, failed = of_each(traits, make, "vectors", progress)
    return Known(tuple(found), failed)
