"""The verb: from a trait and a model to a vector that carries its evidence."""

from __future__ import annotations

from heredity.ground.progress import SILENCE, Progress
from heredity.judges.independent import Judge
from heredity.models.generate import sampling
from heredity.models.model import Model
from heredity.models.steer import Push
from heredity.records.trait import Trait
from heredity.records.vector import Calibration, ExtractSpec, KeptCounts, TraitVector, VectorHeader
from heredity.stats.arrays import Singles
from heredity.vectors.check import Evidence, Poles, check
from heredity.vectors.dose import dose_response
from heredity.vectors.gather import Gathered, gather
from heredity.vectors.methods import method_named


def extract(
    trait: Trait,
    model: Model,
    spec: ExtractSpec | None = None,
    seed: str = "0",
    progress: Progress = SILENCE,
    judge: Judge | None = None,
) -> TraitVector:
    """Return the trait's vector at every block of the model, with held-out AUC, nulls and dose-response.

    v_l = mean over kept positive answers of h_l - the same over negative ones, h_l the mean over response tokens of
    the residual stream after block l ([PV] section 2.2); other methods are named in the spec. With a `judge`, an
    independent one decides what is kept. Raises NothingKeptError when too few answer pairs tell the poles apart.
    """
    spec = spec or ExtractSpec()
    method_named(spec.method)
    return vector_from(gather(trait, model, spec, seed, progress, judge), trait, model, spec, seed, progress)


def vector_from(
    gathered: Gathered, trait: Trait, model: Model, spec: ExtractSpec, seed: str, progress: Progress = SILENCE
) -> TraitVector:
    """Return the vector that gathered answers give by the spec's method, checked and tried by steering."""
    evidence = check(gathered.poles, spec, seed)
    directions = direct(gathered.poles, spec)
    header = describe(trait, model, evidence, gathered.counts, gathered.calibration, spec, seed)
    told = {"kept_by": gathered.kept_by, "kept_by_contrast": gathered.otherwise}
    push = Push(evidence.block, directions[evidence.block], 1.0)
    doses = dose_response(trait, model, push, gathered.calibration, spec, seed, progress)
    return TraitVector(header.model_copy(update={"doses": doses, **told}), directions).sealed()


def direct(poles: Poles, spec: ExtractSpec) -> Singles:
    """Return the directions `[blocks, width]` from all kept answers."""
    own, is_positive = poles.own_prompt[poles.is_kept], poles.is_positive[poles.is_kept]
    directions: Singles = method_named(spec.method)(own[is_positive], own[~is_positive]).astype("float32")
    return directions


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
        architecture=model.text_config.model_type,
        n_blocks=model.n_blocks,
        width=model.width,
        method=spec.method,
        form=spec.form,
        block=evidence.block,
        heldout_auc=evidence.heldout_auc,
        heldout_auc_kept=evidence.heldout_auc_kept,
        heldout_auc_pairs=evidence.heldout_auc_pairs,
        heldout_auc_projection=evidence.heldout_auc_projection,
        heldout_auc_own_prompt=evidence.heldout_auc_own_prompt,
        n_null=spec.n_null,
        answers_needed=evidence.answers_needed,
        checks=evidence.checks,
        kept=counts,
        calibration=calibration,
        spec=spec,
        sampling=sampling(),
        seed=seed,
    )
