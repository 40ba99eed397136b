"""What a vector is made from, and tried on: answers of both poles, graded and read once for every method and block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from heredity.ground.progress import Progress
from heredity.judges.contrast import Asked
from heredity.judges.elicit import elicit
from heredity.judges.independent import Judge, opinions
from heredity.models.blocks import require_readable
from heredity.models.chat import question, render
from heredity.models.generate import GenerateSpec
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.models.thinking import with_thought
from heredity.records.dialogue import Answer
from heredity.records.reading import Form
from heredity.records.trait import Trait
from heredity.records.vector import Calibration, ExtractSpec, KeptCounts
from heredity.vectors.check import Poles
from heredity.vectors.keep import grade_elicited, keep, sifted


@dataclass(frozen=True)
class Gathered:
    """One trait's answers, read, with the counts of what the judge dropped and its calibration."""

    poles: Poles
    counts: KeptCounts
    calibration: Calibration
    kept_by: str = "contrast"
    """The judge that decided what is kept."""
    otherwise: KeptCounts | None = None
    """What the contrast judge would have kept, where an independent one decided."""


def gather(
    trait: Trait, model: Model, spec: ExtractSpec, seed: str, progress: Progress, judge: Judge | None = None
) -> Gathered:
    """Return the readings of all answers that hold a token, and which of them both poles play their part in.

    With a `judge` it is its grades that decide, and what the contrast judge would have kept is counted beside. Raises
    NothingKeptError when too few answer pairs tell the poles apart, InputError where a model's stream cannot be read.
    """
    require_readable(model.network)
    how = GenerateSpec(n_tokens=spec.n_tokens, temperature=spec.temperature)
    answers = elicit(trait, model, spec.n_samples, how, seed, progress)
    graded = grade_elicited(trait, model, answers, progress)
    otherwise = None
    if judge is not None:
        otherwise = sifted(answers, graded, spec)[1]
        asked = [Asked(answer.question, answer.text, answer.thought) for answer in answers]
        graded = replace(graded, grades=opinions(judge, trait, asked, progress))
    places, counts = keep(answers, graded, spec)
    kept = set(places)
    said = [place for place, answer in enumerate(answers) if answer.text]
    is_kept = [place in kept for place in said]
    poles = read_poles(trait, model, [answers[place] for place in said], is_kept, spec.form, progress)
    by = judge.title if judge else "contrast"
    return Gathered(poles, counts, graded.calibration, by, otherwise)


def read_poles(
    trait: Trait, model: Model, answers: Sequence[Answer], is_kept: Sequence[bool], form: Form, progress: Progress
) -> Poles:
    """Return the answers' activations at every block, under their own system prompt and without any."""
    said = [with_thought(a.thought, a.text) for a in answers]
    prompts = [trait.system_prompt(a.pair or 0, a.pole or "positive") for a in answers]
    own = [render(model, question(a.question, p), whole) for a, p, whole in zip(answers, prompts, said, strict=True)]
    bare = [render(model, question(a.question), whole) for a, whole in zip(answers, said, strict=True)]
    how, blocks = ReadSpec(positions=("response", "last_prompt")), range(model.n_blocks)
    unprompted = read(model, bare, blocks, how, progress)
    return Poles(
        own_prompt=read(model, own, blocks, how, progress).formed("projection").astype(np.float64),
        bare=unprompted.formed(form).astype(np.float64),
        projected=unprompted.formed("projection").astype(np.float64),
        is_positive=np.array([a.pole == "positive" for a in answers]),
        question=np.array([a.question_index for a in answers], dtype=np.int64),
        pair=np.array([a.pair or 0 for a in answers], dtype=np.int64),
        is_kept=np.array(is_kept, dtype=bool),
    )
