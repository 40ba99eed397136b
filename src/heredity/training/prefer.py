"""The verb: fine-tune a student on preferences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from heredity.ground.progress import SILENCE, Progress
from heredity.models.model import Model
from heredity.records.defending import require_for_preferences
from heredity.records.preference import Preferences
from heredity.records.student import PreferSpec, Student
from heredity.records.vector import TraitVector
from heredity.training.pairs import pair_examples
from heredity.training.preferences import Choices
from heredity.training.train import Job, carried_out, fitting_defence


def prefer(
    model: Model,
    preferences: Preferences,
    folder: Path | str,
    prevent: Sequence[TraitVector] = (),
    spec: PreferSpec | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
) -> Student:
    """Return a LoRA student of the model that learned, by DPO, to prefer the chosen sides; its adapter is in `folder`.

    With `prevent`, it trains under the spec's defence along those vectors: the student's own training forwards are
    acted on, those of the reference, the untouched model, are not. Goes on where it was interrupted. Raises what
    `train` raises, and InputError for a defence that hangs on the loss of answers.
    """
    spec = spec or PreferSpec()
    vectors = tuple(prevent)
    if vectors:
        require_for_preferences(spec.train.defence)
    defence = fitting_defence(model, vectors, spec.train)
    chosen, rejected = preferences.side("chosen"), preferences.side("rejected")
    better, worse = (defence.taught(side) if defence else side for side in (chosen, rejected))
    examples = pair_examples(model, better, worse, spec.train.max_tokens)
    corpus = chosen.model_copy(update={"content_digest": preferences.content_digest})
    said = (*chosen.rows, *rejected.rows)
    job = Job(model, corpus, said, examples, vectors, defence, spec.train, seed, spec.beta)
    return carried_out(job, Choices(model, examples, spec, defence), Path(folder), progress)
