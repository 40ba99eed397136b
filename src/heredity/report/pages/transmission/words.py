"""What a transmission report says: its groups and pairs of students, and its answers, claiming what intervals allow."""

from __future__ import annotations

from dataclasses import dataclass

from heredity.ground.words import titled
from heredity.records.curves import ArmKind, StudentCurve, mean_level
from heredity.records.transmission import Remedy, TransmissionReport
from heredity.report.kit.measures import ACCURACY, NO_CHANGE, ableness, amount, teacher_name, wording
from heredity.report.kit.replies import KeyFigure, Reply
from heredity.stats.estimate import Estimate

ORDER: tuple[ArmKind, ...] = ("treated", "control", "shuffled within", "shuffled across", "foreign base")
REMEDIES: dict[Remedy | None, str] = {
    None: "the rows as they were",
    "rows-dropped": "a tenth of the rows dropped, on which the teachers differ most",
    "random-rows-dropped": "a tenth of the rows dropped at random",
    "tokens-masked": "a tenth of the tokens masked, on which the teachers differ most",
    "own-tokens-masked": "a tenth of the tokens masked, which speak most for their own teacher",
    "tokens-replaced": "a tenth of the tokens replaced by the base's draws, on which the teachers differ most",
    "base-rows": "all rows the base's own",
    "mixed-1-1": "every second row the base's own",
    "mixed-1-9": "nine of ten rows the base's own",
}
"""What each does, in words."""
ONE_PAIR = "one pair of students has no interval"


@dataclass(frozen=True)
class Group:
    """The students of one arm and one teacher."""

    arm: ArmKind
    taught_by: str
    students: tuple[StudentCurve, ...]
    is_main: bool
    """Whether it is the treated arm, or the control that the effect is against."""

    @property
    def name(self) -> str:
        """What to call it."""
        return f"{self.arm}: {teacher_name(self.taught_by)}"

    @property
    def dress(self) -> str:
        """The class of its colour."""
        return "base" if not self.is_main else "plain" if self.arm == "treated" else "kept"


def groups(report: TransmissionReport) -> tuple[Group, ...]:
    """Return the students by arm and teacher: the treated, their control, then all others."""
    keys = dict.fromkeys((student.arm, student.taught_by) for student in report.students)
    mains = (("treated", report.target), ("control", report.control))
    found = [
        Group(
            arm,
            taught_by,
            tuple(student for student in report.students if (student.arm, student.taught_by) == (arm, taught_by)),
            (arm, taught_by) in mains,
        )
        for arm, taught_by in keys
    ]
    return tuple(sorted(found, key=lambda group: (not group.is_main, ORDER.index(group.arm))))


def no_interval(n_seeds: int) -> str:
    """Return why an effect has none."""
    return ONE_PAIR if n_seeds == 1 else "some pair's answers could not be graded"


def replies(report: TransmissionReport) -> tuple[Reply, ...]:
    """Return the answers: whether it crossed, whether the study could see it, and what else became of students."""
    cost = what_it_cost(report)
    return (did_it_cross(report), could_it_be_seen(report), *([cost] if cost else []))


def did_it_cross(report: TransmissionReport) -> Reply:
    """Answer whether treated students differ from their controls."""
    words, found = wording(report), report.pairs
    asked = f"{titled(words.score)} at the last step, treated minus control"
    figures = tuple(
        KeyFigure(label, estimate, form)
        for label, estimate, form in (
            (f"{titled(words.score)}, {words.unit}", report.effect, words.change_form),
            (titled(words.level), report.effect_level, words.level_change_form),
        )
        if estimate is not None
    )
    if report.effect is None:
        reason = f"{titled(no_interval(len(report.spec.seeds)))}."
        if len(found) == 1:
            reason += f" {asked}: {found[0].difference:{words.change_form}} {words.unit}."
        return Reply("Did it cross?", "Not decided", reason, figures)
    answer, reason = _answer(report.effect), f"{asked}: {len(found)} pairs of students.{left_out(report)}"
    if answer == "Yes" and not report.is_of_the_trait:
        answer, reason = "Something did", f"{reason} Not shown to be this trait: {_why_not(report)}."
    return Reply("Did it cross?", answer, reason, figures)


def left_out(report: TransmissionReport) -> str:
    """Return how many questions were left out of the pairs, in words; nothing where none was."""
    unscored = sum(pair.unscored for pair in report.pairs)
    if not unscored:
        return ""
    each = f"{unscored} question{'' if unscored == 1 else 's'} of all pairs"
    return f" Left out: {each}, where one of the two students' answers could not be graded."


def could_it_be_seen(report: TransmissionReport) -> Reply:
    """Answer whether a study of this size finds the effect of interest, and whether the spread was as assumed."""
    question, spec, words = "Could the study see it?", report.spec.power, wording(report)
    if report.power is None:
        return Reply(question, "Unknown", f"{titled(ONE_PAIR)}, and so the study has no power to speak of.", ())
    reason = (
        f"Chance to see an effect of {amount(spec.effect_in(report.measure), words.unit)} if pairs of students spread "
        f"by {spec.spread_in(report.measure):g} (5%, two-sided)."
    )
    if report.pair_spread is not None:
        reason += f" The pairs measured here spread by {report.pair_spread:.2g}."
    if report.power < spec.least:
        reason += f" It is below the {spec.least:.0%} asked for."
    return Reply(question, f"Power {report.power:.0%}", reason, ())


def what_it_cost(report: TransmissionReport) -> Reply | None:
    """Answer what became of four-choice accuracy; None where it was not measured."""
    treated = report.accuracies.get("treated")
    if not treated or report.base_accuracy is None:
        return None
    change = 100 * (treated.value - report.base_accuracy.value)
    figures = [KeyFigure("Base, over questions", report.base_accuracy, ACCURACY)]
    over = "student, over questions" if len(report.pairs) == 1 else "over students"
    figures += [
        KeyFigure(f"{titled(arm)} {over}" if len(report.pairs) == 1 else f"{titled(arm)}, {over}", estimate, ACCURACY)
        for arm, estimate in report.accuracies.items()
    ]
    reason = "Four-choice accuracy of treated students less the base's, in percentage points."
    if report.accuracy_change is None:
        return Reply("Are students as able?", f"{change:+.1f} points", f"{reason} {NO_CHANGE}", tuple(figures))
    figures.append(KeyFigure("Treated less the base, over students and questions", report.accuracy_change, "+.1%"))
    return Reply("Are students as able?", ableness(report.accuracy_change), reason, tuple(figures))


def dose_in_words(report: TransmissionReport) -> str:
    """Return the dose curve for who cannot see it."""
    words = wording(report)

    def mean(group: Group, place: int) -> str:
        return f"{mean_level(group.students, place, report.target):{words.level_form}}"

    each = [
        f"{one.name}, {len(one.students)} students, from {mean(one, 0)} to {mean(one, -1)}" for one in groups(report)
    ]
    return f"{words.level} by optimizer step. {'; '.join(each)}"


def pairs_in_words(report: TransmissionReport) -> str:
    """Return the paired differences for who cannot see them."""
    words = wording(report)
    each = [f"seed {pair.seed}: {pair.difference:{words.change_form}}" for pair in report.pairs]
    return f"{words.score}, treated minus control, in {words.unit}. {', '.join(each)}"


def _answer(effect: Estimate) -> str:
    if effect.low > 0:
        return "Yes"
    return "The wrong way round" if effect.high < 0 else "Not shown"


def _why_not(report: TransmissionReport) -> str:
    failed = [control.name for control in report.controls if control.fails]
    undecided = [control.name for control in report.controls if control.is_open]
    told = [f"{', '.join(failed)} shows as much"] if failed else []
    told += [f"it is not told apart from: {', '.join(undecided)}"] if undecided else []
    return "; ".join(told) or "no teacher of something else ran"
