"""From students to what may be said: effects, controls told apart or not, a verdict. Needs no model, only a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

import numpy as np
from numpy.typing import NDArray

from heredity.records.curves import StudentCurve, lead_of
from heredity.records.transmission import Control, Remedied, TransmissionReport
from heredity.stats.compare import ratio_of_means
from heredity.stats.controls import outcome_of
from heredity.stats.crossed import over_students_and_questions
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_if_several, mean_t
from heredity.stats.power import paired_power
from heredity.stats.several import ALPHA
from heredity.studies.transmission.contrasts import matrix
from heredity.studies.transmission.pairs import (
    WHOLE,
    Differences,
    asked_of,
    differences,
    less,
    over_pairs,
    student_pairs,
)

ANOTHER = "taught by"
"""How a control by a further teacher is called."""


def concluded(report: TransmissionReport) -> TransmissionReport:
    """Return a report with all that follows from its students and from how its controls ran."""
    students, target, measure = taught(report), report.target, report.measure
    treated, control = students[target], students[report.control]
    n_asked = asked_of(treated, target)
    own = differences(treated, control, target, measure)
    tested = over_pairs(own, measure, n_asked)
    power, n_seeds = report.spec.power, len(treated)
    report = report.model_copy(
        update={
            "pairs": (pairs := student_pairs(treated, control, target, measure)),
            "pair_spread": stdev([pair.difference for pair in pairs]) if len(pairs) > 1 else None,
            "effect": tested.estimate if tested else None,
            "effect_level": effect_on_level(report, treated, control),
            "accuracy_change": accuracy_change(report, treated),
            "accuracies": accuracies({"treated": treated, "control": control}),
            "matrix": matrix(students, tuple(treated[0].points[-1].score), measure),
            "power": paired_power(power.effect_in(measure), power.spread_in(measure), n_seeds) if n_seeds > 1 else None,
        }
    )
    ran = [one for one in report.controls if not one.name.startswith(ANOTHER)]
    controls = [
        *(judged(report, one, own, under) for one, under in other_teachers(report, students)),
        *(judged(report, one, own, under_control(report, one)) for one in ran),
    ]
    left = what_is_left(report, students)
    report = report.model_copy(update={"controls": tuple(controls), "remedies": left})
    return report.model_copy(update={"verdict": verdict(report)})


def taught(report: TransmissionReport) -> dict[str, list[StudentCurve]]:
    """Return the students that the effect and the matrix are over, by teacher, the target's first."""
    students: dict[str, list[StudentCurve]] = {}
    for student in report.students:
        if student.arm in ("treated", "control"):
            students.setdefault(student.taught_by, []).append(student)
    return students


def effect_on_level(
    report: TransmissionReport, treated: Sequence[StudentCurve], control: Sequence[StudentCurve]
) -> Estimate | None:
    """Return the effect on the level (0-1), paired as the effect is."""
    target = report.target
    if report.measure == "grade":
        own = differences(treated, control, target, "grade")
        shares = [{name: value / 100 for name, value in one.items()} for one in own]
        tested = over_pairs(shares, "grade", asked_of(treated, target))
    else:
        levels = [[student.points[-1].level[target].value for student in arm] for arm in (treated, control)]
        tested = over_pairs([{WHOLE: a - b} for a, b in zip(*levels, strict=True)], "log-odds")
    return tested.estimate if tested else None


def accuracy_change(report: TransmissionReport, treated: Sequence[StudentCurve]) -> Estimate | None:
    """Return what treated students get right less what the base does; None where answers were not kept by question."""
    tested = over_students_and_questions([less(student.choices, report.base_choices) for student in treated])
    return tested.estimate if tested else None


def accuracies(arms: Mapping[str, Sequence[StudentCurve]]) -> dict[str, Estimate]:
    """Return what each arm gets right: Student's t over students, of a single one over questions."""
    each = {arm: [student.accuracy for student in students if student.accuracy] for arm, students in arms.items()}
    return {
        arm: found[0] if len(found) == 1 else mean_t([estimate.value for estimate in found])
        for arm, found in each.items()
        if found
    }


def other_teachers(
    report: TransmissionReport, students: Mapping[str, Sequence[StudentCurve]]
) -> list[tuple[Control, Differences]]:
    """Return a control for every further teacher: do its students show the target as well, beside the control's?

    A control that is the base says that some teacher did it; only a teacher of something else says what did.
    """
    _, control, *others = students
    asked = "Does a teacher of {} do it as well?"
    return [
        (
            Control(name=f"{ANOTHER} {name}", question=asked.format(name), effect=None, said=""),
            differences(students[name], students[control], report.target, report.measure),
        )
        for name in others
    ]


def under_control(report: TransmissionReport, control: Control) -> Differences:
    """Return treated minus control under a control, seed by seed; nothing where it was not run, or not kept by seed."""
    arm = [student for student in report.students if student.arm == control.name]
    if not arm:
        return [{WHOLE: value} for value in control.by_seed]
    treated, others = (
        [student for student in arm if student.taught_by == name] for name in (report.target, report.control)
    )
    return differences(treated, others, report.target, report.measure)


def judged(report: TransmissionReport, control: Control, own: Differences, under: Differences) -> Control:
    """Return a control with what it shows, whether the study's effect is told apart from it, and what that means.

    "Clear here and not there" is no comparison: the study's effect less the control's, paired by seed, must itself be
    clear of zero.
    """
    if not under:
        if control.effect is None or report.effect is None:
            return control
        return told(control, whatever_the_pairing(report.effect, control.effect))
    measure, n_asked = report.measure, asked_of(report.students, report.target)
    own = own[: len(under)]  # shuffled copies may be those of the first seeds alone
    shown = over_pairs(under, measure, n_asked)
    by_seed = tuple(fmean(one.values()) for one in under if one)
    control = control.model_copy(update={"effect": shown.estimate if shown else None, "by_seed": by_seed})
    apart = over_pairs([less(*pair) for pair in zip(own, under, strict=True)], measure, n_asked)
    if shown is None or apart is None:
        return control.model_copy(update={"said": "It has no interval: one pair of students, or answers not graded."})
    return told(control, apart.estimate)


def what_is_left(report: TransmissionReport, students: Mapping[str, Sequence[StudentCurve]]) -> tuple[Remedied, ...]:
    """Return every remedy with the lead of its students, beside the rows as they were; nothing where none was run."""
    remedies = [one for one in report.remedies if one.remedy]
    if not remedies:
        return ()
    own = leads(report, students[report.target], students[report.control])
    return (
        weighed(Remedied(remedy=None), own, own),
        *(weighed(one, leads(report, one.treated, one.control), own) for one in remedies),
    )


def leads(
    report: TransmissionReport, treated: Sequence[StudentCurve], control: Sequence[StudentCurve]
) -> NDArray[np.float64]:
    """Return, seed by seed, how far students are ahead of the other teacher's on their own teacher's target."""
    scores = ((a.points[-1].score, b.points[-1].score) for a, b in zip(treated, control, strict=True))
    return np.array([lead_of(own, other, report.target, report.control) for own, other in scores])


def weighed(remedied: Remedied, under: NDArray[np.float64], own: NDArray[np.float64]) -> Remedied:
    """Return a remedy with the lead of its students, and how it stands to that of the rows as they were."""
    if remedied.remedy is None:
        return remedied.model_copy(update={"lead": mean_if_several(own)})
    return remedied.model_copy(
        update={
            "lead": mean_if_several(under),
            "difference": mean_if_several(own - under),
            "left": ratio_of_means(under, own),
        }
    )


def whatever_the_pairing(own: Estimate, under: Estimate) -> Estimate:
    """Return own minus under where it is lost which seed of the one belongs to which of the other.

    The spread of a difference is at most the sum of both spreads, so both half widths are added.
    """
    half = (own.high - own.low + under.high - under.low) / 2
    value = own.value - under.value
    return Estimate(value, value - half, value + half, own.n, 0, "t over seeds, whatever the pairing", own.level)


def told(control: Control, difference: Estimate) -> Control:
    """Return a control with its outcome and what that means."""
    is_there = control.effect is not None and control.effect.low > 0
    outcome = outcome_of(difference, is_there)
    said = {
        "told apart": "Some of the effect is left, clearly less than in the study."
        if is_there
        else "Clearly less than in the study.",
        "fails": "The effect is there without what was taken away: this control fails."
        if control.is_needed
        else "It is there without that as well, not clearly less: what crosses is not shown to hang on this.",
        "not told apart": "Not clear of zero, nor clearly less than in the study: it rules out nothing.",
    }
    return control.model_copy(update={"difference": difference, "outcome": outcome, "said": said[outcome]})


def verdict(report: TransmissionReport) -> str:
    """Return in words what the intervals allow."""
    target, effect = report.target, report.effect
    if effect is None:
        return without_interval(report)
    said = f"score of '{target}', treated minus control: {effect}, pairs of students"
    if effect.high < 0:
        return f"It crossed the wrong way round: {said}."
    if effect.low <= 0:
        return f"No transmission is shown: {said}; more seeds, or more steps, may decide it."
    failed, undecided = ([c.name for c in report.controls if pick(c)] for pick in (_fails, _is_open))
    if failed:
        return (
            f"Something crossed ({said}), but a control shows as much ({', '.join(failed)}): it is not the trait "
            "alone. See the controls."
        )
    if undecided:
        return (
            f"Something crossed ({said}), but it is not told apart from what a control shows ({', '.join(undecided)}): "
            "whether it is the trait is not decided; more seeds may decide it. See the controls."
        )
    if len({teacher.target for teacher in report.teachers}) == 1:
        return (
            f"Something of the teacher crossed: {said}. The control is the untouched base; whether it is this trait "
            "and not any fine-tuning takes a teacher of something else (--other)."
        )
    return f"The trait crossed: {said}. {dissociation(report)}"


def without_interval(report: TransmissionReport) -> str:
    """Return why an effect has none."""
    if len(report.spec.seeds) < 2:
        return (
            f"One pair of students: what they show of '{report.target}' has no interval, and no conclusion is drawn. "
            "Run more seeds."
        )
    return (
        f"Not graded: of some pair of students too few answers to the same questions about '{report.target}' could be "
        "graded, and no conclusion is drawn."
    )


def dissociation(report: TransmissionReport) -> str:
    """Return whether each teacher's students are ahead on its own target, all targets together (Holm)."""
    own = [cell for cell in report.matrix if cell.taught_by == cell.target]
    unclear = [
        effect.target
        for effect in own
        if effect.score is None or effect.score.value <= 0 or effect.p_adjusted is None or effect.p_adjusted >= ALPHA
    ]
    if not unclear:
        others = "the other teacher's" if len(own) == 2 else f"those of the {len(own) - 1} other teachers"
        return f"So did {others}: a double dissociation."
    return (
        f"No double dissociation is shown: over {len(own)} targets together (Holm), {', '.join(unclear)} "
        f"{'is' if len(unclear) == 1 else 'are'} not clear of zero."
    )


def _fails(control: Control) -> bool:
    return control.fails


def _is_open(control: Control) -> bool:
    return control.is_open
