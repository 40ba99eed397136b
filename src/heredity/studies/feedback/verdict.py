"""From figures to sentences: nothing is claimed whose interval touches zero."""

from __future__ import annotations

from collections.abc import Iterator

from heredity.records.audit import Arm
from heredity.records.feedback import CONTROL, DEFENDED, TRAINED, FeedbackReport
from heredity.stats.estimate import Estimate

COSTS = (("benign_log_p", "benign log p", "nats a token"), ("accuracy", "four-choice accuracy", "of the questions"))
"""What a student can still do: measure, name, unit."""


def runs_of(report: FeedbackReport) -> str:
    """Return what the figures are of."""
    return "in this one run" if report.n_runs == 1 else f"over {report.n_runs} runs"


def headline_of(report: FeedbackReport) -> str:
    """Return the answer in one sentence with one number."""
    name, effect = report.vector.trait.title.lower(), report.effect
    points = f"{effect.value:+.1f} {effect.interval('+.1f')} points of 100 {runs_of(report)}"
    if not effect.is_clear_of_zero:
        return f"These preferences are not shown to change {name}: {points}."
    if effect.high < 0:
        return f"These preferences lower {name} by {points}."
    gain = report.difference("expression", DEFENDED, TRAINED)
    if not report.vector.is_above_chance or gain.high >= 0:
        return f"These preferences raise {name} by {points}; steering is not shown to keep it out."
    left = report.difference("expression", DEFENDED, CONTROL)
    part = "a part of it" if left.low > 0 else "a part of it or all" if left.high >= 0 else "all of it"
    return f"These preferences raise {name} by {points}; steering keeps {part} out."


def verdict_of(report: FeedbackReport) -> str:
    """Return the answer in a few sentences."""
    name, effect = report.vector.trait.title.lower(), report.effect
    beside = "as many pairs at random" if report.selection else "the same pairs with a random half turned round"
    points = f"{effect:+.1f points} of 100"
    if not effect.is_clear_of_zero:
        return (
            f"Not shown: {runs_of(report)} training on these preferences changed {name} by {points} beside training on "
            f"{beside}, an interval that does not exclude zero."
        )
    way = "raises" if effect.value > 0 else "lowers"
    start = f"Training on these preferences {way} {name}: {runs_of(report)} by {points} beside {beside}"
    return f"{start} ({of_base(report)}). {kept_out(report)}".strip()


def of_base(report: FeedbackReport) -> str:
    """Return where the trained arm stands beside the base."""
    return f"beside the base {report.difference('expression', TRAINED, 'base'):+.1f points}"


def kept_out(report: FeedbackReport) -> str:
    """Return what preventative steering did to a rise; nothing where there is none."""
    if report.effect.low <= 0:
        return ""
    if not report.vector.is_above_chance:
        return "Steering says nothing here: no direction for the trait was found that beats luck."
    return f"Under preventative steering {gone(report, DEFENDED)}, {price_of(report, DEFENDED)}."


def gone(report: FeedbackReport, arm: str) -> str:
    """Return how much of what the preferences did a defence took out, as far as its interval tells."""
    removed, left = report.removed.get(arm), report.difference("expression", arm, CONTROL)
    gain = report.difference("expression", arm, TRAINED)
    if removed is None or removed.low <= 0 or gain.high >= 0:
        return f"it is not shown that any of it is kept out ({gain:+.1f points} beside the trained arm)"
    if left.high < 0:
        return f"all of it is gone and the model ends below the control ({left:+.1f points}; a weaker push may do)"
    if removed.value > 1:
        return f"all of it is gone and the model ends at the control ({left:+.1f points})"
    return f"{removed:.0%} of it is gone, and the model ends {left:+.1f points} beside the control"


def price_of(report: FeedbackReport, arm: str) -> str:
    """Return what a defence costs beside the trained arm, as far as the intervals tell."""
    costs = {name: report.difference(measure, arm, TRAINED) for measure, name, _ in COSTS}
    dear = [f"{name} {cost:+.3f}" for name, cost in costs.items() if cost.high < 0]
    return f"at a cost in capability ({'; '.join(dear)})" if dear else "with no cost in capability shown"


def findings_of(report: FeedbackReport) -> tuple[str, ...]:
    """Return one sentence a finding, with figures."""
    return (
        *selected(report),
        *(f"{arm.title}: {moved(report, arm)}." for arm in report.arms[1:]),
        *(f"{arm.title}: {held(report, arm)}." for arm in report.defences),
        *at_random(report),
        *by_step(report),
        *capability(report),
    )


def selected(report: FeedbackReport) -> Iterator[str]:
    """Yield what was selected, and by what."""
    found = report.selection
    if found:
        yield (
            f"{len(found.lines)} of {found.n_scored} pairs were selected by a prompt for {found.trait}: those that it "
            f"would choose most, down to {found.lowest:+.3f} nats a token (mean of all {found.mean:+.3f})."
        )


def moved(report: FeedbackReport, arm: Arm) -> str:
    """Return how far an arm moved from the base, and what of it was not trained on."""
    change = report.difference("expression", arm.name, "base")
    short = f", {arm.n_trained} of {arm.n_rows} pairs trained on" if arm.n_trained < arm.n_rows else ""
    return f"the trait moves by {change:+.1f points} beside the base, {kind_of(change)}{short}"


def held(report: FeedbackReport, arm: Arm) -> str:
    """Return what a defence did beside the trained arm."""
    gain = report.difference("expression", arm.name, TRAINED)
    return f"{gain:+.1f points} beside the trained arm, {kind_of(gain)}; {price_of(report, arm.name)}"


def kind_of(change: Estimate) -> str:
    """Return a change's kind in words."""
    return "a rise" if change.low > 0 else "a fall" if change.high < 0 else "neither rise nor fall shown"


def at_random(report: FeedbackReport) -> Iterator[str]:
    """Yield how steering does against a push as long along a random direction, where that was run."""
    for arm in report.arms:
        if arm.spec.twin_of:
            gain = report.difference("expression", arm.spec.twin_of, arm.name)
            told = "told apart" if gain.is_clear_of_zero else "not told apart"
            yield f"Preventative steering against a push as long along a random direction: {gain:+.1f points}, {told}."


def by_step(report: FeedbackReport) -> Iterator[str]:
    """Yield when the preferences first show in the trait, where they do."""
    steps = [
        (point.step, one.difference)
        for point in report.points
        for one in point.comparisons
        if (one.measure, one.treated, one.control) == ("expression", TRAINED, CONTROL)
    ]
    told = "; ".join(f"step {step} {change:+.1f points}" for step, change in steps)
    if len(steps) > 1:
        yield f"Trained beside control, by step: {told}."


def capability(report: FeedbackReport) -> Iterator[str]:
    """Yield what training on preferences did to what the model can do."""
    for measure, name, unit in COSTS:
        yield f"Trained beside the base, {name}: {report.difference(measure, TRAINED, 'base'):+.3f} {unit}."
