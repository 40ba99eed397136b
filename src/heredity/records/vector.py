"""A persona vector with all the evidence for and against it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field

from heredity.ground.errors import MismatchError
from heredity.ground.hashing import bytes_digest
from heredity.records.base import Record, Spec
from heredity.records.reading import Form
from heredity.records.trait import Trait
from heredity.stats.arrays import Singles
from heredity.stats.estimate import Estimate
from heredity.stats.nulls import CHANCE

MethodName = Literal["mean_difference", "logistic", "pca"]


class ExtractSpec(Spec):
    """How to find a trait's direction."""

    n_samples: int = Field(default=1, ge=1)
    """Answers for each question, contrast pair and pole."""
    n_tokens: int = Field(default=48, ge=8)
    """Most tokens an answer may have."""
    temperature: float = Field(default=0.8, ge=0)
    """Sampling temperature of the elicited answers."""
    min_coherence: float = -4.0
    """Answers below this mean log p per token (nats, under the unprompted model) are dropped as incoherent."""
    min_kept: int = Field(default=20, ge=4)
    """Fewest answer pairs to make a vector from."""
    method: MethodName = "mean_difference"
    """How the direction is made from the two poles' activations."""
    form: Form = "difference"
    """What held-out figures and screening project: the response mean, or that minus the last prompt token."""
    n_folds: int = Field(default=5, ge=3)
    """Folds over questions for held-out figures."""
    n_null: int = Field(default=200, ge=20)
    """Random directions, and permutations of the poles, behind each null band."""
    block: int | None = None
    """0-based block to use; None chooses it by held-out AUC."""
    strengths: tuple[float, ...] = (0.0, 1.0, 2.0)
    """Steering strengths of the dose-response; 0 is the control."""


class KeptCounts(Record):
    """How many answer pairs each rule of the filter dropped."""

    n_pairs: int
    n_kept: int
    unscored: int
    positive_too_low: int
    negative_too_high: int
    incoherent: int


class BlockCheck(Record):
    """How well the projection at one block tells held-out answers of the two poles apart."""

    block: int
    auc: float
    """Held-out AUC of the header's form of score, answers read without their system prompt."""
    auc_projection: float
    """The same for the plain projection."""
    auc_own_prompt: float
    """Held-out AUC of the projection, answers read under their own system prompt: flattered by the prompt's echo."""
    random_directions: float
    """97.5th percentile of the AUC of random directions with the activations' covariance within poles, each turned its
    better way."""
    p_random: float
    """Share of random directions that set the poles as many deviations apart, ties counted ((1 + k) / (1 + n)).

    An AUC ends at 1, where wide gaps leave luck and signal alike; deviations do not."""
    permuted_poles: float
    """97.5th percentile of the held-out AUC of vectors made from permuted poles."""
    p_permuted: float
    """The same share of permutations."""
    vector_norm: float
    activation_norm: float


class Dose(Record):
    """What the model answers when its residual stream is pushed along the vector."""

    strength: float
    """Multiple of the (unnormalised) vector added at every token; 0 is the control."""
    grade: Estimate
    """Judge's grade of the answers, 0-100."""
    coherence: Estimate
    """Mean log p per token (nats) of the steered answers under the unsteered model."""
    example: str


class Calibration(Record):
    """The logistic curve that turns a judge's raw score into 0-100."""

    slope: float
    intercept: float
    n: int
    """Elicited answers it was fitted on."""
    auc: Estimate
    """How well the raw score tells the elicited poles apart."""


class VectorHeader(Record):
    """All of a trait vector but its numbers."""

    schema_version: Literal[1] = 1
    trait: Trait
    model_name: str
    fingerprint: str
    """Of the model's config, weights and tokenizer: what the vector belongs to."""
    architecture: str = "unknown"
    """The model's kind, as its config names it (`llama`, `gpt_neox`)."""
    n_blocks: int
    width: int
    method: str
    form: Form
    """The form of score that the held-out figures are of, and that screening uses unless told otherwise."""
    block: int
    """The chosen 0-based decoder block."""
    heldout_auc: Estimate
    """AUC over held-out questions with the block chosen inside the folds, answers read without system prompt.

    The direction is of kept answers; all held-out answers are scored, whatever the judge thought of them.
    """
    heldout_auc_kept: Estimate | None
    """The same over those held-out answers that the judge kept: it chose them by the trait, which flatters."""
    heldout_auc_pairs: Estimate | None
    """The same as `heldout_auc` with the contrast pair held out as well as the question; None for a single pair."""
    heldout_auc_projection: Estimate
    """The same answers at the chosen block, by the plain projection."""
    heldout_auc_own_prompt: Estimate
    """Projection at the chosen block, answers read under their own system prompt."""
    n_null: int
    """How many random directions, and how many permutations, each null band rests on."""
    answers_needed: int | None
    """Answers to average for 5% error on either side; None when the poles are the wrong way round."""
    checks: tuple[BlockCheck, ...]
    kept: KeptCounts
    kept_by: str = "contrast"
    """The judge that decided what is kept: contrast, or an independent one by name."""
    kept_by_contrast: KeptCounts | None = None
    """What the contrast judge would have kept, where an independent one decided."""
    calibration: Calibration
    doses: tuple[Dose, ...] = ()
    directions_digest: str = ""
    """sha256 of the directions' bytes, so that the header's id names them too; empty in files written before."""
    spec: ExtractSpec
    """What was asked for."""
    sampling: dict[str, str | int]
    """How answers were drawn beyond what the spec says."""
    seed: str
    lent_from: str = ""
    """The model that the vector was extracted from, where a user lent it to a fine-tune of it; else empty."""

    def check_at(self, block: int) -> BlockCheck:
        """Return the check of one block."""
        return next(check for check in self.checks if check.block == block)

    @property
    def is_above_chance(self) -> bool:
        """Whether the held-out AUC, block choice included, is clear of one half and luck rarely does as well."""
        return self.heldout_auc.low > 0.5 and not self.is_within_luck

    @property
    def is_within_luck(self) -> bool:
        """Whether either null does as well more often than may be called rare."""
        check = self.check_at(self.block)
        return max(check.p_random, check.p_permuted) > CHANCE


@dataclass(frozen=True)
class TraitVector:
    """Directions `[n_blocks, width]` (float32, unnormalised, residual stream after each block) and their header."""

    header: VectorHeader
    directions: Singles

    def sealed(self) -> TraitVector:
        """Return the vector with its directions' digest in the header."""
        return replace(self, header=self.header.model_copy(update={"directions_digest": self.directions_digest()}))

    def directions_digest(self) -> str:
        """Return the sha256 of the directions' float32 bytes."""
        return bytes_digest(np.ascontiguousarray(self.directions, dtype="<f4").tobytes())

    @property
    def block(self) -> int:
        """The chosen 0-based block."""
        return self.header.block

    @property
    def direction(self) -> Singles:
        """The vector at the chosen block, `[width]`."""
        direction: Singles = self.directions[self.header.block]
        return direction

    @property
    def unit(self) -> Singles:
        """The vector at the chosen block with norm 1."""
        direction: Singles = self.direction
        return np.divide(direction, np.linalg.norm(direction), dtype=np.float32)

    def require_model(self, name: str, fingerprint: str) -> None:
        """Raise MismatchError unless the vector was read from this very model."""
        if fingerprint != self.header.fingerprint:
            raise MismatchError(
                f"this vector of '{self.header.trait.name}' was read from '{self.header.model_name}' "
                f"({self.header.fingerprint[:12]}) but the model is '{name}' ({fingerprint[:12]}); extract it again "
                f"with: heredity extract {self.header.trait.name} --model {name}"
            )

    def lent_to(self, name: str, fingerprint: str, architecture: str, n_blocks: int, width: int) -> TraitVector:
        """Return the vector as one of a model that was fine-tuned from its own; unchanged for its own.

        Whether it was is the user's word; the header keeps where the vector came from. Raises MismatchError for a
        model of another make, which it cannot have been.
        """
        header = self.header
        if fingerprint == header.fingerprint:
            return self
        kind = architecture if header.architecture == "unknown" else header.architecture
        if (kind, header.n_blocks, header.width) != (architecture, n_blocks, width):
            raise MismatchError(
                f"'{name}' ({architecture}, {n_blocks} blocks of width {width}) cannot have been fine-tuned from "
                f"'{header.model_name}' ({kind}, {header.n_blocks} of {header.width}), which this vector of "
                f"'{header.trait.name}' was read from; extract it again with: heredity extract {header.trait.name} "
                f"--model {name}"
            )
        lent_from = f"{header.model_name} ({header.fingerprint[:12]})"
        told = {"model_name": name, "fingerprint": fingerprint, "lent_from": lent_from}
        return replace(self, header=header.model_copy(update=told))

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader of a record should know of the vector."""
        header = self.header
        if not header.lent_from:
            return ()
        return (
            f"the vector of '{header.trait.name}' was extracted from {header.lent_from} and lent to "
            f"{header.model_name}, by the user's word a fine-tune of it; the vector's evidence is of the former",
        )
