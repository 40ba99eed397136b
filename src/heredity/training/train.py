"""The verb: fine-tune a student."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from heredity.ground.files import require_writable
from heredity.ground.progress import SILENCE, Progress
from heredity.models.identity import adapter_digest
from heredity.models.model import Model
from heredity.records.dialogue import Corpus
from heredity.records.student import Intervention, Snapshot, Student
from heredity.records.vector import TraitVector
from heredity.training.batches import examples_of
from heredity.training.defences.steer import PreventativeSteering
from heredity.training.finetune import finetune, snapshot_steps
from heredity.training.spec import TrainSpec


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

    With `prevent`, it trains under preventative steering along those vectors; without, through the same path and
    without the push. An interrupted run goes on from its last checkpoint when called again. Raises MismatchError
    for a vector of another model, NothingKeptError when no row fits, NonFiniteError for a diverging loss,
    HookError when the push did not take place.
    """
    spec = spec or TrainSpec()
    folder = require_writable(Path(folder))
    vectors = (prevent,) if isinstance(prevent, TraitVector) else tuple(prevent)
    for vector in vectors:
        vector.require_model(model.name, model.fingerprint)
    examples = examples_of(model, corpus, spec.max_tokens)
    steering = PreventativeSteering(vectors, spec.prevent_strength, spec.prevent_all_blocks) if vectors else None
    started = time.monotonic()
    run = finetune(model, examples, spec, steering, folder, seed, progress)
    model.work.n_tokens += round(examples.n_tokens * spec.n_epochs)
    return Student(
        base=model.name,
        base_fingerprint=model.fingerprint,
        adapter=str(folder / "adapter"),
        adapter_digest=adapter_digest(folder / "adapter"),
        corpus=corpus.name,
        corpus_digest=corpus.content_digest,
        n_rows=len(corpus.rows),
        n_examples=len(examples.rows),
        n_left_out=examples.n_left_out,
        left_out=examples.left_out,
        n_steps=run.n_steps,
        losses=run.losses,
        interventions=interventions(vectors, spec),
        snapshots=snapshots(folder, run.n_steps, spec),
        n_fires=run.n_fires,
        seed=seed,
        seconds=time.monotonic() - started,
        n_tokens=round(examples.n_tokens * spec.n_epochs),
        spec=spec.model_dump(),
    )


def snapshots(folder: Path, n_steps: int, spec: TrainSpec) -> tuple[Snapshot, ...]:
    """Return the stages that were saved on the way; one whose folder is not there is left out."""
    places = {step: folder / "snapshots" / f"step-{step:06d}" for step in snapshot_steps(n_steps, spec)}
    return tuple(
        Snapshot(step=step, adapter=str(place), adapter_digest=adapter_digest(place))
        for step, place in places.items()
        if place.is_dir()
    )


def interventions(vectors: Sequence[TraitVector], spec: TrainSpec) -> tuple[Intervention, ...]:
    """Return what was pushed, for the record."""
    return tuple(
        Intervention(
            trait=vector.header.trait.name,
            block=vector.block,
            strength=spec.prevent_strength,
            vector_id=vector.header.id,
        )
        for vector in vectors
    )
