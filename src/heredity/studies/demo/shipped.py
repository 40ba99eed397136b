"""What lies in the package for the demonstration: a corpus with its labels, and its audit over several fine-tunes.

In: the files that `python -m replications.demonstration` made. Out: what they hold, once each is the file that was
made. Does not: make any of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from heredity.ground.errors import MismatchError
from heredity.ground.hashing import file_digest
from heredity.models.model import Model
from heredity.records.audit import AuditReport
from heredity.records.demo import ShippedFiles
from heredity.records.dialogue import Corpus
from heredity.records.evaluation import Scores
from heredity.records.trait import Trait
from heredity.records.vector import TraitVector
from heredity.store.known_vectors import known_vector
from heredity.store.labels import read_labels
from heredity.store.rows import read_rows
from heredity.store.workspace import load_record
from heredity.studies.demo.corpus import LABELS, ROWS

PLACE = Path(str(resources.files("heredity.studies.demo")))
AUDIT, INDEX = "audit.json", "index.json"
FILES = (ROWS, LABELS, AUDIT)


@dataclass(frozen=True)
class Shipped:
    """What lies in the package."""

    index: ShippedFiles
    corpus: Corpus
    bad_lines: Collection[int]
    audit: AuditReport
    vector: TraitVector
    """That of the audit."""

    @property
    def trait(self) -> Trait:
        """Return the trait that the corpus was written and audited for."""
        return self.audit.vector.trait

    @property
    def base_scores(self) -> Scores:
        """The untouched model's grades by question, of all the audit's runs."""
        runs = [run.evaluation.expression_scores for run in self.audit.arm("base").runs]
        return {name: tuple(grade for scores in runs for grade in scores.get(name, ())) for name in runs[0]}

    def require_model(self, model: Model) -> None:
        """Raise MismatchError for another model than the one that wrote and was audited."""
        if model.fingerprint != self.index.fingerprint:
            raise MismatchError(
                f"what lies in the package was made with another state of '{self.index.model}' than this one "
                f"({model.fingerprint[:12]}, not {self.index.fingerprint[:12]}); make everything anew with: heredity "
                "demo --fresh"
            )


def why_unfit(trait: Trait, model: str, place: Path = PLACE) -> str:
    """Return why nothing in the package fits a trait or a model's name; empty where it does."""
    index = load_record(ShippedFiles, place / INDEX)
    if model != index.model:
        return f"nothing in the package fits '{model}', so everything is made anew"
    if trait.id != index.trait:
        return f"nothing in the package fits the trait '{trait.name}', so everything is made anew"
    return ""


def shipped(place: Path = PLACE) -> Shipped:
    """Return what lies in the package. Raises MismatchError for what is not as it was made."""
    index = load_record(ShippedFiles, place / INDEX)
    for name, made in index.digests.items():
        if file_digest(place / name) != made:
            raise MismatchError(
                f"{place / name} is not the file that was made for this package; install heredity again, or make "
                "everything anew with: heredity demo --fresh"
            )
    report = load_record(AuditReport, place / AUDIT)
    return Shipped(
        index=index,
        corpus=read_rows(place / ROWS),
        bad_lines=read_labels(place / LABELS),
        audit=report,
        vector=vector_of(report.vector.trait, index),
    )


def vector_of(trait: Trait, index: ShippedFiles) -> TraitVector:
    """Return the vector that the audit rests on. Raises MismatchError where the package holds another."""
    vector = known_vector(trait, index.fingerprint)
    if vector is None or vector.header.id != index.vector:
        raise MismatchError(
            f"the vector of '{trait.name}' in the package is not the one that its audit rests on; install heredity "
            "again, or make everything anew with: heredity demo --fresh"
        )
    return vector
