"""How far one trait's vector answers for another."""

from __future__ import annotations

from typing import Literal

from heredity.records.base import Record
from heredity.records.provenance import Provenance
from heredity.records.reading import Form
from heredity.stats.estimate import Estimate


class LeakageReport(Record):
    """Every trait's vector tried on every other trait's answers.

    In the matrices `[i][j]`, i is the trait whose answers are told apart and j the trait whose vector does it, at the
    block chosen for j.
    """

    schema_version: Literal[1] = 1
    model: str
    fingerprint: str
    traits: tuple[str, ...]
    blocks: tuple[int, ...]
    """0-based decoder block chosen for each trait's vector."""
    method: str
    """How the vectors were made."""
    form: Form
    """The score that tells the poles apart."""
    cosines: tuple[tuple[float, ...], ...]
    """Cosine of the directions of traits i and j, both at trait j's block."""
    cosine_null: tuple[tuple[float, ...], ...]
    """97.5th percentile of |cosine| of j's direction and random directions with the covariance within poles of i's
    answers."""
    auc: tuple[tuple[Estimate, ...], ...]
    """How well j's vector tells the poles of i apart; the diagonal is held out, the choice of block included."""
    auc_null: tuple[tuple[float, ...], ...]
    """97.5th percentile of that AUC for random directions with the answers' covariance within poles, turned for the
    best."""
    orthogonal_auc: tuple[Estimate | None, ...]
    """Held-out AUC of a trait's direction with the span of the others' taken out of it; None where not asked.

    At the trait's own block, which was chosen on all answers: a little flattered beside the diagonal of `auc`.
    """
    orthogonal_share: tuple[float | None, ...]
    """Share of the direction's squared length that is left then."""
    n_null: int
    """Random directions behind each null."""
    seed: str
    provenance: Provenance | None = None
    """None where a study made it as one of its steps: the study has it."""
