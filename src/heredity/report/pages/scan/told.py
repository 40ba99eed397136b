"""What a scan found, in words."""

from __future__ import annotations

from heredity.ground.text import veiled
from heredity.records.scan import ScanReport, Topic, TraitShift
from heredity.report.kit.scanned import read
from heredity.report.kit.text import beginning, by_reason

N_ROWS = 3
"""Rows of the foremost trait that are shown."""
CAVEAT = (
    "On the embedded model, sets of known traits were at times told as their neighbours, and over thirteen sets this "
    "shift went with what training did no better than random directions do"
)
"""What the project's own studies say of the shift (`docs/results.md`)."""


def told(report: ScanReport) -> str:
    """Return the verdict, every trait's shift, and the foremost rows."""
    lines = [report.verdict, f"  {read(report)}"]
    width = max(len(trait.trait) for trait in report.traits)
    lines += [f"  {trait.trait:<{width}}  {summed(trait, report)}" for trait in report.traits]
    lines += [f"  {name:<{width}}  no vector: {why}" for name, why in report.without.items()]
    lines += [f"  left over: {beyond(report)}", f"  how far to trust this: {CAVEAT[:1].lower()}{CAVEAT[1:]}"]
    if report.shown:
        first = report.shown[0]
        lines += [
            f"  line {row.line}, {first.trait} {row.score:+.2f}: {beginning(veiled(row.response), 100)}"
            for row in first.furthest[:N_ROWS]
        ]
    lines += [f"  left out: {reason}: {n:,}" for reason, n in by_reason(report.excluded)]
    return "\n".join([*lines, *(f"  {line}" for line in report.notices)])


def summed(trait: TraitShift, report: ScanReport) -> str:
    """Return one trait's shift, and what stands for and against it."""
    said = f"{trait.shift.value:+.2f} {trait.shift.interval('+.2f')}, p {trait.p:.2g}"
    if trait in report.shown:
        return f"{said}; {spread_of(trait, report.n_units)}"
    return f"{said}; not shown: {why_not(trait, report)}"


def spread_of(trait: TraitShift, n_units: int) -> str:
    """Return how many rows carry a trait's shift, beside how many would if all were alike."""
    if trait.carried_by is None:
        return "carried by none"
    return f"carried by {trait.carried_by} of {n_units}, by {trait.carried_if_alike} were all of them alike"


def why_not(trait: TraitShift, report: ScanReport) -> str:
    """Return what speaks against a trait's shift."""
    level = report.spec.level
    if not trait.is_above_chance:
        return "its vector is not told from luck"
    if trait.p >= level:
        return "not clear of the model's own answers"
    if not trait.is_alike:
        return "the two halves of the rows disagree"
    if trait.is_within_luck:
        return f"{trait.p_random:.0%} of random directions lie as far"
    if not trait.is_shown(level):
        return "not clear once those told before it are taken out"
    return "the rows differ in something else, of which it is a small part"


def beyond(report: ScanReport) -> str:
    """Return what is left over, beside what chance leaves."""
    rest = report.left_over
    if rest.share is None:
        return "the rows are not told from the model's own answers at all"
    luck = f" ({rest.share_by_luck:.0%} beside as many random directions)" if rest.share_by_luck is not None else ""
    return (
        f"{rest.share:.0%}{luck} of what tells the rows from the model's own answers is none of the traits; the two "
        f"halves agree by a cosine of {rest.agreement:.2f}, p {rest.p:.2g}"
    )


def called(topic: Topic) -> str:
    """Return a topic's name."""
    return ", ".join(topic.words) or "no word of its own"
