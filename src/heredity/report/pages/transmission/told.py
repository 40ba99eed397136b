"""A transmission study in words."""

from __future__ import annotations

from heredity.records.transmission import Control, TransmissionReport
from heredity.report.pages.transmission.words import REMEDIES


def told(report: TransmissionReport) -> str:
    """Return what a person wants to know of a transmission."""
    lines = [report.verdict]
    lines += [
        f"  carrier {carrier.kind} by {carrier.written_by or 'nobody'}: {carrier.n_kept} of {carrier.n_asked} kept, "
        f"for example {carrier.examples[0].answer!r}"
        for carrier in report.carriers
    ]
    lines += [f"  {line}" for line in what_it_holds(report)]
    lines += [
        f"  teacher of {teacher.target:<8} {teacher.base.value:.3f} -> "
        f"{teacher.level.value:.3f} {teacher.level.interval('.3f')}"
        for teacher in report.teachers
    ]
    for curve in report.students:
        course = "  ".join(f"{point.step}: {point.level[report.target].value:.3f}" for point in curve.points)
        who = f"{curve.arm} ({curve.taught_by}), seed {curve.seed}"
        lines.append(f"  {who:<28} {report.target} by step  {course}")
    if report.effect_level:
        lines.append(f"  level of {report.target}, treated - control      {report.effect_level}")
    lines += [
        f"  activations of {effect.taught_by}'s students with their teacher's   {effect.alignment} (cosine)"
        for effect in report.alignments
    ]
    lines += [f"  control '{control.name}': {outcome(control)}" for control in report.controls]
    lines += [f"  {line}" for line in what_is_left(report)]
    return "\n".join([*lines, *(f"  {line}" for line in report.notices)])


def what_is_left(report: TransmissionReport) -> list[str]:
    """Return what each remedy leaves of what crosses."""
    return [
        f"{REMEDIES[one.remedy]}: lead on the own teacher's target {one.lead or 'not decided'}"
        + (f", share left {one.left or 'not decided'}" if one.remedy else "")
        for one in report.remedies
    ]


def what_it_holds(report: TransmissionReport) -> list[str]:
    """Return what the carrier was found to hold before students were trained."""
    signal = report.signal
    if signal is None:
        return []
    alphabet = [f"alphabet {signal.n_words} words: {' '.join(signal.words)} ..."] if signal.n_words else []
    return [*alphabet, str(signal)]


def outcome(control: Control) -> str:
    """Return a control's outcome, what tells it from the study, and what that means."""
    if control.difference is None or control.outcome is None:
        return control.said
    return f"{control.outcome}, the study's effect less this one {control.difference}. {control.said}"
