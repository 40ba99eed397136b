"""From figures to sentences, by rules that a reader can check."""

from __future__ import annotations

from collections.abc import Sequence

from heredity.records.audit import Arm
from heredity.records.evaluation import Comparison
from heredity.records.screening import ScreenReport
from heredity.records.vector import VectorHeader
from heredity.stats.estimate import Estimate


def verdict_of(
    header: VectorHeader, screened: ScreenReport, comparisons: Sequence[Comparison], removed: Estimate | None
) -> str:
    """Return the audit's answer in a sentence or two; it claims nothing whose interval touches zero."""
    name = header.trait.title.lower()
    if not header.is_above_chance:
        check = header.check_at(header.block)
        return (
            f"No verdict: no direction for {name} was found in {header.model_name} that beats luck (held-out AUC "
            f"{header.heldout_auc}, random directions up to {check.random_directions:.2f})."
        )
    rise = difference(comparisons, "expression", "plain", "base")
    if rise.low <= 0:
        return (
            f"No rise shown: fine-tuning on these rows changed {name} by {points(rise)} of 100, an interval that "
            "does not exclude zero."
        )
    start = f"Do not fine-tune on these rows as they are: they raise {name} by {points(rise)} of 100."
    if removed is None or removed.low <= 0:
        return f"{start} Preventative steering did not show that it removes the rise."
    return (
        f"{start} Under preventative steering {percent(removed)} of the rise is gone, {price_of(comparisons)}. "
        f"{screened.n_flagged} of {len(screened.rows)} rows are flagged for a look."
    )


def price_of(comparisons: Sequence[Comparison]) -> str:
    """Return what the defence costs against the plain fine-tune, as far as the intervals tell."""
    costs = {
        "benign log p": difference(comparisons, "benign_log_p", "defended", "plain"),
        "accuracy": difference(comparisons, "accuracy", "defended", "plain"),
    }
    dear = [f"{name} {signed(cost)}" for name, cost in costs.items() if cost.high < 0]
    if dear:
        return f"at a cost in capability against the plain fine-tune ({'; '.join(dear)})"
    return "with no cost in capability shown against the plain fine-tune"


def findings_of(
    header: VectorHeader,
    screened: ScreenReport,
    arms: Sequence[Arm],
    comparisons: Sequence[Comparison],
    removed: Estimate | None,
) -> tuple[str, ...]:
    """Return one sentence a finding, with figures."""
    check = header.check_at(header.block)
    sentences = [
        f"The vector, read after block {header.block} of {header.n_blocks}, tells held-out answers apart with AUC "
        f"{header.heldout_auc} without system prompt ({header.heldout_auc_projection} by the projection alone, "
        f"{header.heldout_auc_own_prompt} under their own prompt); random "
        f"directions reach {check.random_directions:.2f} and permuted poles {check.permuted_poles:.2f} at the 97.5th "
        f"percentile of {header.n_null} each.",
        f"The screen flags {screened.n_flagged} of {len(screened.rows)} rows; of benign rows that set no threshold "
        f"{' and '.join(percent(one.measured_rate) for one in screened.thresholds)} are over it, and at most "
        f"{screened.false_alarm_rate:.0%} was asked for.",
    ]
    if screened.detection is not None:
        found = screened.detection
        sentences.append(
            f"Of {found.n_bad} rows known to be bad, the scores find them with AUROC {found.auroc} (random directions "
            f"up to {found.random_directions:.2f}); {percent(found.recall)} of them are flagged."
        )
    for arm in arms[1:]:
        moved = difference(comparisons, "expression", arm.name, "base")
        sentences.append(f"{arm.title}: the trait moves by {points(moved)} of 100 against the base.")
    if removed is not None:
        sentences.append(f"Preventative steering removed {percent(removed)} of the rise.")
    for measure, unit in (("benign_log_p", "nats per token"), ("accuracy", "of the four-choice questions")):
        cost = difference(comparisons, measure, "defended", "plain")
        sentences.append(f"Defended against plain, {measure.replace('_', ' ')}: {signed(cost)} {unit}.")
    return tuple(sentences)


def difference(comparisons: Sequence[Comparison], measure: str, treated: str, control: str) -> Estimate:
    """Return one comparison's difference."""
    wanted = (measure, treated, control)
    return next(c.difference for c in comparisons if (c.measure, c.treated, c.control) == wanted)


def points(estimate: Estimate) -> str:
    """Return an estimate in points of the 0-100 scale."""
    return f"{estimate.value:+.1f} points [{estimate.low:+.1f}, {estimate.high:+.1f}] (n={estimate.n})"


def percent(estimate: Estimate) -> str:
    """Return a share in per cent."""
    return f"{estimate.value:.0%} [{estimate.low:.0%}, {estimate.high:.0%}] (n={estimate.n})"


def signed(estimate: Estimate) -> str:
    """Return a small difference with its sign."""
    return f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}] (n={estimate.n})"
