"""From figures to sentences, by rules that a reader can check."""

from __future__ import annotations

from collections.abc import Iterator

from heredity.records.audit import OTHER_DEFENCES, Arm, AuditReport
from heredity.records.screening import Detection
from heredity.stats.estimate import Estimate

TWIN_WORDS = {
    "dropped": "Kept rows against as many rows dropped at random",
    "pushed": "Preventative steering against a push as long along a random direction",
}


def headline_of(report: AuditReport) -> str:
    """Return the answer in one sentence of at most 25 words, with one number and its interval."""
    name, rise = report.vector.trait.title.lower(), report.difference("expression", "plain", "base")
    if not report.vector.is_above_chance:
        return (
            f"No verdict: no direction for {name} was found that beats luck (held-out AUC {report.vector.heldout_auc})."
        )
    points = f"{rise.value:+.1f} {rise.interval('+.1f')} points of 100 {runs_of(report)}"
    if rise.low <= 0 and not report.is_trained_on:
        return f"No verdict: too few rows were trained on, and no rise of {name} is shown: {points}."
    if rise.high < 0:
        return f"These rows lower {name}: {points}."
    if rise.low <= 0:
        return f"These rows are not shown to raise {name}: {points}."
    removed = report.share_removed
    if removed is None or removed.low <= 0:
        return f"These rows raise {name} by {points}; steering is not shown to prevent it."
    return f"These rows raise {name} by {points}; {held(report)}."


def held(report: AuditReport) -> str:
    """Return where the defended arm ends, beside the base."""
    left = report.difference("expression", "defended", "base")
    if left.low > 0:
        return "steering keeps a part of it out"
    return "under steering it ends below the base" if left.high < 0 else "under steering no rise is shown"


def verdict_of(report: AuditReport) -> str:
    """Return the audit's answer in a few sentences; it claims nothing whose interval touches zero."""
    header = report.vector
    name = header.trait.title.lower()
    if not header.is_above_chance:
        check = header.check_at(header.block)
        return (
            f"No verdict: no direction for {name} was found in {header.model_name} that beats luck (held-out AUC "
            f"{header.heldout_auc}; random directions up to {check.random_directions:.2f}, as good in "
            f"{check.p_random:.3f} of draws; permuted poles in {check.p_permuted:.3f})."
        )
    rise, where = report.difference("expression", "plain", "base"), runs_of(report)
    if rise.low <= 0 and not report.is_trained_on:
        return (
            f"No verdict: {report.untrained}, and those that were show no rise of {name} ({rise:+.1f points} of 100)."
        )
    if rise.high < 0:
        return f"A fall, no rise: {where} fine-tuning on these rows lowered {name} by {rise:+.1f points} of 100."
    if rise.low <= 0:
        return (
            f"No rise shown: {where} fine-tuning on these rows changed {name} by {rise:+.1f points} of 100, an "
            "interval that does not exclude zero."
        )
    start = f"Do not fine-tune on these rows as they are: {where} they raised {name} by {rise:+.1f points} of 100."
    removed = report.share_removed
    if removed is None or removed.low <= 0:
        return f"{start} Preventative steering did not show that it removes the rise."
    return (
        f"{start} Under preventative steering {gone(report, removed)}, {price_of(report)}.{random_push(report)} "
        f"{report.screen.n_flagged} of {report.screen.n_rows} rows are flagged for a look."
    )


def runs_of(report: AuditReport) -> str:
    """Return what the figures are of."""
    return "in this one run" if report.n_runs == 1 else f"over {report.n_runs} runs"


def price_of(report: AuditReport, arm: str = "defended") -> str:
    """Return what a defence costs against the plain fine-tune, as far as the intervals tell."""
    costs = {
        "benign log p": report.difference("benign_log_p", arm, "plain"),
        "accuracy": report.difference("accuracy", arm, "plain"),
    }
    dear = [f"{name} {cost:+.3f}" for name, cost in costs.items() if cost.high < 0]
    if dear:
        return f"at a cost in capability against the plain fine-tune ({'; '.join(dear)})"
    return "with no cost in capability shown against the plain fine-tune"


def gone(report: AuditReport, removed: Estimate) -> str:
    """Return how much of a rise the defence took out; of all of it and more, where the model ends instead."""
    left = report.difference("expression", "defended", "base")
    if left.high < 0:
        return f"all of the rise is gone and it ends below the base model ({left:+.1f points}; a weaker push may do)"
    if removed.value <= 1:
        return f"{removed:.0%} of the rise is gone"
    return f"all of the rise is gone and it ends at the base model ({left:+.1f points})"


def removed_told(report: AuditReport, arm: str) -> str:
    """Return how much of a rise an arm took out, as far as its interval tells."""
    removed = report.removed[arm]
    left = report.difference("expression", arm, "base")
    if removed.low <= 0:
        return f"that it removes any of the rise is not shown ({removed:.0%})"
    if left.high < 0:
        return f"all of the rise is gone and it ends below the base model ({left:+.1f points})"
    if removed.value > 1:
        return f"all of the rise is gone ({left:+.1f points})"
    return f"{removed:.0%} of the rise is gone"


def random_push(report: AuditReport) -> str:
    """Return a sentence where a push along a random direction was tried and is not told apart from the vector's."""
    gain = report.compared("expression", "defended", "pushed")
    if gain is None or gain.high < 0:
        return ""
    return f" A push as long along a random direction is not told apart from it ({gain:+.1f points})."


def findings_of(report: AuditReport) -> tuple[str, ...]:
    """Return one sentence a finding, with figures."""
    header, screened = report.vector, report.screen
    check = header.check_at(header.block)
    kept = f"{header.heldout_auc_kept} on those that the judge kept, " if header.heldout_auc_kept else ""
    pairs = f"{header.heldout_auc_pairs} with contrast pairs held out as well, " if header.heldout_auc_pairs else ""
    sentences = [
        f"The vector, read after block {header.block} of {header.n_blocks}, tells all held-out answers apart with AUC "
        f"{header.heldout_auc} without system prompt ({pairs}{kept}{header.heldout_auc_projection} by the projection "
        f"alone, {header.heldout_auc_own_prompt} under their own prompt); random directions reach "
        f"{check.random_directions:.2f} and permuted poles {check.permuted_poles:.2f} at the 97.5th percentile of "
        f"{header.n_null} each (p {check.p_random:.3f} and {check.p_permuted:.3f}).",
        f"The screen flags {screened.n_flagged} of {screened.n_rows} rows; of benign rows that set no threshold "
        f"{' and '.join(f'{threshold.measured_rate:.0%}' for threshold in screened.thresholds)} are over it, and at "
        f"most {screened.false_alarm_rate:.0%} was asked for.",
    ]
    if screened.detection is not None:
        found = screened.detection
        sentences.append(
            f"Of {found.n_bad} rows known to be bad, the scores find them with AUROC {found.auroc} ({luck_of(found)}); "
            f"{found.recall:.0%} of them are flagged."
        )
    for arm in report.arms[1:]:
        sentences.append(f"{arm.title}: {moved(report, arm)}.")
    if report.arm("plain").n_trained < report.n_rows:
        sentences.append(f"Of the corpus {report.untrained}: {', '.join(lost_of(report))}.")
    sentences += against_twins(report)
    if report.share_removed is not None and report.share_removed.low > 0:
        sentences.append(f"Under preventative steering {gone(report, report.share_removed)}.")
    elif report.share_removed is not None:
        sentences.append(f"That steering removes any of the rise is not shown ({report.share_removed:.0%}).")
    sentences += [
        f"{report.arm(one.name).title}: {removed_told(report, one.name)}, {price_of(report, one.name)}."
        for one in OTHER_DEFENCES.values()
        if one.name in report.removed
    ]
    for measure, unit in (("benign_log_p", "nats per token"), ("accuracy", "of the four-choice questions")):
        cost = report.difference(measure, "defended", "plain")
        sentences.append(f"Defended against plain, {measure.replace('_', ' ')}: {cost:+.3f} {unit}.")
    return (*sentences, *second_opinion_told(report))


def luck_of(found: Detection) -> str:
    """Return what stands beside the AUROC of a screen: random directions, or what needs no direction either."""
    if found.random_directions is not None:
        return f"random directions up to {found.random_directions:.2f}, p {found.p_random:.3f}"
    plain = ", ".join(f"{name} {auroc.value:.2f}" for name, auroc in found.baselines.items())
    return f"needs no direction; beside it {plain}" if plain else "needs no direction"


def moved(report: AuditReport, arm: Arm) -> str:
    """Return how far an arm moved, and whether that is a rise or a fall."""
    change = report.difference("expression", arm.name, "base")
    kind = "a rise" if change.low > 0 else "a fall" if change.high < 0 else "neither rise nor fall shown"
    rows = f"{arm.n_trained} of {arm.n_rows} rows trained on" if arm.n_trained < arm.n_rows else f"{arm.n_rows} rows"
    return f"the trait moves by {change:+.1f points} of 100 against the base, {kind} ({rows})"


def lost_of(report: AuditReport) -> Iterator[str]:
    """Yield why rows were not trained on, with their number."""
    plain = report.arm("plain")
    n_unread = report.n_rows - plain.n_rows
    if n_unread:
        yield f"{n_unread} could not be read or screened"
    for lost in plain.student.left_out if plain.student else ():
        yield str(lost)


def against_twins(report: AuditReport) -> list[str]:
    """Return how each defence does against its random twin, where those arms were run."""
    sentences = []
    for arm in report.arms:
        gain = report.compared("expression", arm.spec.twin_of, arm.name)
        words = TWIN_WORDS.get(arm.name, f"{arm.spec.twin_of} against {arm.spec.short.lower()}")
        if gain is not None:
            told = "told apart" if gain.high < 0 or gain.low > 0 else "not told apart"
            sentences.append(f"{words}: {gain:+.1f points} of 100, {told}.")
    return sentences


def second_opinion_told(report: AuditReport) -> list[str]:
    """Return what the independent judge found, where one was asked."""
    if report.judge is None:
        return []
    rise = report.compared("second_expression", "plain", "base")
    if rise is None:
        seconds = [run.evaluation.second for arm in report.arms for run in arm.runs]
        why = next(
            (opinion.commonest_reason for opinion in seconds if opinion and opinion.commonest_reason),
            "it graded too little",
        )
        return [f"By {report.judge} no arm can be compared: {why}."]
    held = report.difference("second_expression", "defended", "base")
    return [
        f"By {report.judge}, which made nothing here: the plain fine-tune moves the trait by {rise:+.1f points}, the "
        f"defended one by {held:+.1f points} of 100."
    ]
