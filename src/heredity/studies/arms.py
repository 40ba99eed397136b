"""The four arms of an audit: one path, differing in their rows and in the push."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heredity.ground.errors import NothingKeptError
from heredity.ground.hashing import seed_from
from heredity.records.audit import Arm, ArmName
from heredity.records.dialogue import Corpus
from heredity.records.evaluation import Comparison, EvalReport
from heredity.records.screening import ScreenReport
from heredity.records.vector import TraitVector
from heredity.stats.compare import Scores, paired_difference, share_removed
from heredity.stats.estimate import Estimate


@dataclass(frozen=True)
class Plan:
    """What one arm trains on, and along which vector it is pushed while it does."""

    name: ArmName
    title: str
    corpus: Corpus | None
    """None: no training, the base model."""
    prevent: tuple[TraitVector, ...] = ()


def plan_arms(corpus: Corpus, screened: ScreenReport, vector: TraitVector) -> tuple[Plan, ...]:
    """Return the arms. Raises NothingKeptError when the screen keeps no row."""
    kept = corpus.subset(screened.kept_lines)
    if not kept.rows:
        raise NothingKeptError("the screen flagged every row, so none is left to train on; lower the false-alarm rate")
    readable = corpus.subset({row.line for row in screened.rows})
    return (
        Plan("base", "Base model, not trained", None),
        Plan("plain", "Plain fine-tune on all rows", readable),
        Plan("kept", "Fine-tune on the kept rows", kept),
        Plan("defended", "Fine-tune on all rows under preventative steering", readable, (vector,)),
    )


def compare_arms(arms: Sequence[Arm], seed: str) -> tuple[Comparison, ...]:
    """Return paired differences: every trained arm against the base, and both defences against the plain one."""
    by_name = {arm.name: arm for arm in arms}
    pairs: list[tuple[ArmName, ArmName]] = [
        ("plain", "base"),
        ("kept", "base"),
        ("defended", "base"),
        ("kept", "plain"),
        ("defended", "plain"),
    ]
    return tuple(
        Comparison(
            measure=measure,
            treated=treated,
            control=control,
            difference=paired_difference(
                scores(by_name[treated].evaluation),
                scores(by_name[control].evaluation),
                seed_from(seed, "compare", measure, treated, control),
            ),
        )
        for measure, scores in MEASURES.items()
        for treated, control in pairs
    )


def removed_by(defence: ArmName, arms: Sequence[Arm], seed: str) -> Estimate | None:
    """Return the share of the plain arm's rise that a defence removed; None where nothing rose."""
    scores = {arm.name: arm.evaluation.expression_scores for arm in arms}
    rise = paired_difference(scores["plain"], scores["base"], seed_from(seed, "compare", "expression", "plain", "base"))
    if rise.low <= 0:
        return None
    return share_removed(scores["base"], scores["plain"], scores[defence])


def _expression(report: EvalReport) -> Scores:
    return report.expression_scores


def _benign(report: EvalReport) -> Scores:
    return report.benign_scores


def _accuracy(report: EvalReport) -> Scores:
    return report.choice_scores


MEASURES = {"expression": _expression, "benign_log_p": _benign, "accuracy": _accuracy}
