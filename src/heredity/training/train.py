"""The verb: fine-tune a student."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heredity import __version__
from heredity.ground.files import require_writable
from heredity.ground.progress import SILENCE, Progress
from heredity.models.ending import told
from heredity.models.identity import adapter_digest, identity
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.records.dialogue import Corpus, Row
from heredity.records.student import Snapshot, Student, TrainSpec
from heredity.records.vector import TraitVector
from heredity.training.answers import Answers
from heredity.training.batches import Examples, examples_of
from heredity.training.callbacks import snapshot_place, snapshot_steps
from heredity.training.defences.defence import Defence
from heredity.training.defences.table import defence_of
from heredity.training.finetune import Course, finetune
from heredity.training.pairs import PairExamples
from heredity.training.resume import ADAPTER, RunIdentity


def train(
    model: Model,
    corpus: Corpus,
    folder: Path | str = "heredity-out/student",
    prevent: TraitVector | Sequence[TraitVector] = (),
    spec: TrainSpec | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> Student:
    """Return a LoRA student of the model, trained on the corpus's responses, its adapter saved in `folder`.

    With `prevent`, it trains under the spec's defence (preventative steering unless told) along those vectors; without,
    through the same path and without it. An interrupted run goes on from its last checkpoint when called again. Raises
    MismatchError for a vector of another model, or a folder that holds another run's work (`resume.start_afresh`
    removes it), NothingKeptError when no row fits, NonFiniteError for a diverging loss, HookError when the defence did
    not act, UnknownNameError for a defence that is none.
    """
    spec = spec or TrainSpec()
    vectors = (prevent,) if isinstance(prevent, TraitVector) else tuple(prevent)
    defence = fitting_defence(model, vectors, spec)
    taught = defence.taught(corpus) if defence else corpus
    examples = examples_of(model, taught, spec.max_tokens)
    examples = defence.marked(model, taught, examples) if defence else examples
    job = Job(model, corpus, corpus.rows, examples, vectors, defence, spec, seed)
    return carried_out(job, Answers(model, examples, spec), Path(folder), progress)


@dataclass(frozen=True)
class Job:
    """One fine-tune: on what, how, and what keeps a trait out meanwhile."""

    model: Model
    corpus: Corpus
    """What is told of as trained on."""
    said: Sequence[Row]
    """All rows whose text the model reads."""
    examples: Examples | PairExamples
    vectors: tuple[TraitVector, ...]
    defence: Defence | None
    spec: TrainSpec
    seed: str
    beta: float | None = None
    """Of preferences."""

    @property
    def identity(self) -> RunIdentity:
        """All that its student depends on."""
        plain = run_identity(self.model, self.corpus, self.examples, self.vectors, self.spec, self.seed)
        return plain if self.beta is None else plain.model_copy(update={"spec": {**plain.spec, "beta": self.beta}})


def fitting_defence(model: Model, vectors: Sequence[TraitVector], spec: TrainSpec) -> Defence | None:
    """Return the defence asked for; None without vectors. Raises MismatchError for a vector of another model."""
    for vector in vectors:
        vector.require_model(model.name, model.fingerprint)
    return defence_of(vectors, spec, model)


def carried_out(job: Job, course: Course, folder: Path, progress: Progress) -> Student:
    """Return the student of a fine-tune, its adapter saved in the folder."""
    model, examples, defence, spec = job.model, job.examples, job.defence, job.spec
    run = finetune(model, course, spec, defence, require_writable(folder), job.identity, progress)
    n_tokens = round(examples.n_tokens * run.n_steps * spec.batch_rows / len(examples.rows))
    model.work.n_tokens += n_tokens
    return Student(
        base=model.name,
        base_fingerprint=model.fingerprint,
        adapter=str(folder / ADAPTER),
        adapter_digest=adapter_digest(folder / ADAPTER),
        corpus=job.corpus.name,
        corpus_digest=job.corpus.content_digest,
        n_rows=len(job.corpus.rows),
        n_examples=len(examples.rows),
        n_left_out=examples.n_left_out,
        left_out=examples.left_out,
        n_steps=run.n_steps,
        losses=run.losses,
        interventions=defence.interventions if defence else (),
        snapshots=snapshots(folder, run.n_steps, spec),
        n_fires=run.n_fires,
        seed=job.seed,
        seconds=run.seconds,
        n_tokens=n_tokens,
        spec=spec,
        beta=job.beta,
        end_of_turn=told(model),
        notices=(*notices(model, job.said), *run.notices, *(line for one in job.vectors for line in one.notices)),
    )


def run_identity(
    model: Model,
    corpus: Corpus,
    examples: Examples | PairExamples,
    vectors: Sequence[TraitVector],
    spec: TrainSpec,
    seed: str,
) -> RunIdentity:
    """Return all that a student depends on."""
    asked = asked_of(corpus, vectors, spec, seed)
    return RunIdentity(model_name=model.name, model=identity(model), examples=examples.content_digest, **asked)


def asked_of(corpus: Corpus, vectors: Sequence[TraitVector], spec: TrainSpec, seed: str) -> dict[str, Any]:
    """Return what is known of a run before its model is loaded, as fields of its identity."""
    return {
        "version": __version__,
        "corpus_name": corpus.name,
        "corpus": corpus.content_digest,
        "spec": spec.model_dump(mode="json"),
        "traits": tuple(vector.header.trait.name for vector in vectors),
        "vectors": tuple(vector.header.id for vector in vectors),
        "seed": seed,
    }


def snapshots(folder: Path, n_steps: int, spec: TrainSpec) -> tuple[Snapshot, ...]:
    """Return the stages that were saved on the way; one whose folder is not there is left out."""
    places = {step: snapshot_place(folder, step) for step in snapshot_steps(n_steps, spec)}
    return tuple(
        Snapshot(step=step, adapter=str(place), adapter_digest=adapter_digest(place))
        for step, place in places.items()
        if place.is_dir()
    )
