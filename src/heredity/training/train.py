"""The verb: fine-tune a student."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heredity import __version__
from heredity.ground.files import require_writable
from heredity.ground.progress import SILENCE, Progress
from heredity.models.ending import told
from heredity.models.identity import adapter_digest, identity
from heredity.models.model import Model
from heredity.models.notices import notices
from heredity.records.dialogue import Corpus
from heredity.records.student import Snapshot, Student, TrainSpec
from heredity.records.vector import TraitVector
from heredity.training.batches import Examples, examples_of
from heredity.training.callbacks import snapshot_place, snapshot_steps
from heredity.training.defences.given import Given, given_of
from heredity.training.defences.table import defence_of
from heredity.training.finetune import finetune
from heredity.training.resume import ADAPTER, RunIdentity


def train(
    model: Model,
    corpus: Corpus,
    folder: Path | str = "heredity-out/student",
    prevent: Given | TraitVector | Sequence[TraitVector] = (),
    spec: TrainSpec | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> Student:
    """Return a LoRA student of the model, trained on the corpus's responses, its adapter saved in `folder`.

    With `prevent`, vectors or whatever else a defence is given, it trains under the spec's defences (preventative
    steering unless told); without, through the same path and without. An interrupted run goes on from its last
    checkpoint when called again. Raises MismatchError for a vector of another model, or a folder that holds another
    run's work (`resume.start_afresh` removes it), NothingKeptError when no row fits, NonFiniteError for a diverging
    loss, HookError when a defence did not act, UnknownNameError for a defence that is none, InputError for one that
    cannot be as it is asked for.
    """
    spec = spec or TrainSpec()
    folder = require_writable(Path(folder))
    given = given_of(prevent)
    for vector in given.vectors:
        vector.require_model(model.name, model.fingerprint)
    defence = defence_of(given, spec, model)
    examples = examples_of(model, defence.taught(corpus) if defence else corpus, spec.max_tokens)
    if defence:
        examples = defence.taught_examples(examples, model)
    asked = run_identity(model, corpus, examples, given, spec, seed)
    run = finetune(model, examples, spec, defence, folder, asked, progress)
    n_tokens = round(examples.n_tokens * run.n_steps * spec.batch_rows / len(examples.rows))
    model.work.n_tokens += n_tokens
    return Student(
        base=model.name,
        base_fingerprint=model.fingerprint,
        adapter=str(folder / ADAPTER),
        adapter_digest=adapter_digest(folder / ADAPTER),
        corpus=corpus.name,
        corpus_digest=corpus.content_digest,
        n_rows=len(corpus.rows),
        n_examples=len(examples.rows),
        n_left_out=examples.n_left_out,
        left_out=examples.left_out,
        n_steps=run.n_steps,
        losses=run.losses,
        interventions=defence.recorded(run.receipts) if defence else (),
        snapshots=snapshots(folder, run.n_steps, spec),
        n_fires=sum(receipt.n_fires for receipt in run.receipts),
        seed=seed,
        seconds=run.seconds,
        n_tokens=n_tokens,
        spec=spec,
        end_of_turn=told(model),
        notices=(
            *notices(model, corpus.rows),
            *run.notices,
            *(defence.notices if defence else ()),
            *(line for vector in given.vectors for line in vector.notices),
        ),
    )


def run_identity(
    model: Model, corpus: Corpus, examples: Examples, given: Given, spec: TrainSpec, seed: str
) -> RunIdentity:
    """Return all that a student depends on."""
    asked = asked_of(corpus, given.vectors, spec, seed)
    return RunIdentity(
        model_name=model.name,
        model=identity(model),
        examples=examples.content_digest,
        given=given.content_digest,
        **asked,
    )


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
