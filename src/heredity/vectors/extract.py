"""The verb: from a trait and a model to a vector that carries its evidence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heredity.ground.progress import SILENCE, Progress
from heredity.judges.elicit import elicit
from heredity.models.chat import question, render
from heredity.models.generate import GenerateSpec
from heredity.models.model import Model
from heredity.models.read import ReadSpec, read
from heredity.models.steer import Push
from heredity.records.dialogue import Answer
from heredity.records.reading import Form
from heredity.records.trait import Trait
from heredity.records.vector import Calibration, KeptCounts, TraitVector, VectorHeader
from heredity.vectors.check import Evidence, Floats, Poles, check
from heredity.vectors.dose import dose_response
from heredity.vectors.keep import grade_elicited, keep
from heredity.vectors.methods import method_named
from heredity.vectors.spec import ExtractSpec


def extract(
    trait: Trait, model: Model, spec: ExtractSpec | None = None, seed: str = "0", progress: Progress = SILENCE
) -> TraitVector:
    """Return the trait's vector at every block of the model, with held-out AUC, nulls and dose-response.

    v_l = mean over kept positive answers of h_l - the same over negative ones, h_l the mean over response tokens of
    the residual stream after block l ([PV] section 2.2). Raises NothingKeptError when too few answer pairs tell
    the poles apart.
    """
    spec = spec or ExtractSpec()
    method_named(spec.method)
    how = GenerateSpec(n_tokens=spec.n_tokens, temperature=spec.temperature)
    answers = elicit(trait, model, spec.n_samples, how, seed, progress)
    graded = grade_elicited(trait, model, answers, spec, seed, progress)
    places, counts = keep(answers, graded, spec)
    poles = read_poles(trait, model, [answers[place] for place in places], spec.form, progress)
    evidence = check(poles, spec, seed)
    directions = direct(poles, spec)
    header = describe(trait, model, evidence, counts, graded.calibration, spec, seed)
    push = Push(evidence.block, directions[evidence.block], 1.0)
    doses = dose_response(trait, model, push, graded.calibration, spec, seed, progress)
    return TraitVector(header.model_copy(update={"doses": doses}), directions)


def read_poles(trait: Trait, model: Model, answers: Sequence[Answer], form: Form, progress: Progress) -> Poles:
    """Return the answers' activations at every block, under their own system prompt and without any."""
    own = [
        render(model, question(a.question, trait.system_prompt(a.pair or 0, a.pole or "positive")), a.text)
        for a in answers
    ]
    bare = [render(model, question(a.question), a.text) for a in answers]
    how, blocks = ReadSpec(positions=("response", "last_prompt")), range(model.n_blocks)
    unprompted = read(model, bare, blocks, how, progress)
    return Poles(
        own_prompt=read(model, own, blocks, how, progress).formed("projection").astype(np.float64),
        bare=unprompted.formed(form).astype(np.float64),
        projected=unprompted.formed("projection").astype(np.float64),
        is_positive=np.array([a.pole == "positive" for a in answers]),
        question=np.array([a.question_index for a in answers], dtype=np.int64),
    )


def direct(poles: Poles, spec: ExtractSpec) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return the directions `[blocks, width]` from all kept answers."""
    positive: Floats = poles.own_prompt[poles.is_positive]
    negative: Floats = poles.own_prompt[~poles.is_positive]
    return method_named(spec.method)(positive, negative).astype(np.float32)


def describe(
    trait: Trait,
    model: Model,
    evidence: Evidence,
    counts: KeptCounts,
    calibration: Calibration,
    spec: ExtractSpec,
    seed: str,
) -> VectorHeader:
    """Return the header that travels with the directions."""
    return VectorHeader(
        trait=trait,
        model_name=model.name,
        fingerprint=model.fingerprint,
        n_blocks=model.n_blocks,
        width=model.width,
        method=spec.method,
        form=spec.form,
        block=evidence.block,
        heldout_auc=evidence.heldout_auc,
        heldout_auc_projection=evidence.heldout_auc_projection,
        heldout_auc_own_prompt=evidence.heldout_auc_own_prompt,
        n_null=spec.n_null,
        answers_needed=evidence.answers_needed,
        checks=evidence.checks,
        kept=counts,
        calibration=calibration,
        spec=spec.model_dump(),
        seed=seed,
    )
