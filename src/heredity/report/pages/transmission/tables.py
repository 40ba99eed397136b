"""What a transmission report's tables hold: teachers by targets, students one by one, carriers with their filters."""

from __future__ import annotations

from dataclasses import dataclass

from heredity.records.curves import StudentCurve
from heredity.records.transmission import CarrierSummary, Effect, TransmissionReport
from heredity.report.kit.matrix import Cell
from heredity.report.kit.measures import Wording, teacher_name, wording
from heredity.report.kit.tint import NOTHING, level
from heredity.report.pages.transmission.words import groups, no_interval
from heredity.stats.estimate import Estimate


@dataclass(frozen=True, kw_only=True)
class TaughtCell(Cell):
    """Students of one teacher on one target; the number is their level."""

    effect: str = ""
    """Against the students of all other teachers; empty where it has no interval."""
    interval: str = ""


@dataclass(frozen=True)
class StudentLine:
    """One student's line of the table."""

    student: StudentCurve
    arm: str
    dress: str
    taught_by: str
    level: Estimate
    sampled: Estimate | None
    own: float | None
    """Alignment with its own teacher."""
    others: tuple[tuple[str, float], ...]
    """Alignment with the others, highest first."""

    @property
    def all_others(self) -> str:
        """The alignments with all other teachers."""
        return ", ".join(f"{name} {cosine:+.2f}" for name, cosine in self.others)


@dataclass(frozen=True)
class Columns:
    """Which of a student's figures were measured at all."""

    sampled: bool
    imitation: bool
    alignment: bool
    accuracy: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """What was not measured, in words."""
        named = {
            "the sampled rate": self.sampled,
            "imitation": self.imitation,
            "alignment": self.alignment,
            "accuracy": self.accuracy,
        }
        return tuple(name for name, is_there in named.items() if not is_there)


def targets(report: TransmissionReport) -> tuple[str, ...]:
    """Return the matrix's columns: the target, the control, then all others."""
    named = dict.fromkeys(effect.target for effect in report.matrix)
    first = [name for name in (report.target, report.control) if name in named]
    return tuple(dict.fromkeys([*first, *named]))


def matrix(report: TransmissionReport) -> list[tuple[str, list[TaughtCell | None]]]:
    """Return the teachers in the targets' order, each with its cells; None where a teacher has no such effect."""
    columns = targets(report)
    found = {(effect.taught_by, effect.target): effect for effect in report.matrix}
    teachers = dict.fromkeys(effect.taught_by for effect in report.matrix)
    order = dict.fromkeys([*(name for name in columns if name in teachers), *teachers])
    end, words = scale_end(report), wording(report)
    return [
        (name, [_cell(found[name, column], words, end) if (name, column) in found else None for column in columns])
        for name in order
    ]


def scale_end(report: TransmissionReport) -> float:
    """Return the largest effect of the matrix, either way: where tints end."""
    return max((abs(effect.score.value) for effect in report.matrix if effect.score), default=0.0) or 1.0


def base_levels(report: TransmissionReport) -> list[float | None]:
    """Return what the base gives each of the matrix's columns: a home student's level before its first step."""
    start = next((student.points[0] for student in report.students if student.arm == "treated"), None)
    if start is None or start.step:
        return [None for _ in targets(report)]
    return [start.level[name].value if name in start.level else None for name in targets(report)]


def student_lines(report: TransmissionReport) -> list[StudentLine]:
    """Return every student, group by group."""
    return [
        StudentLine(
            student=student,
            arm=group.arm,
            dress=group.dress,
            taught_by=student.taught_by,
            level=student.points[-1].level[report.target],
            sampled=student.sampled.get(report.target),
            own=student.alignment.get(student.taught_by),
            others=tuple(sorted(_others(student), key=lambda pair: -pair[1])),
        )
        for group in groups(report)
        for student in group.students
    ]


def columns_of(lines: list[StudentLine]) -> Columns:
    """Return which columns have anything to show."""
    return Columns(
        sampled=any(line.sampled for line in lines),
        imitation=any(line.student.imitation is not None for line in lines),
        alignment=any(line.student.alignment for line in lines),
        accuracy=any(line.student.accuracy for line in lines),
    )


def dropped(carrier: CarrierSummary) -> list[tuple[str, int]]:
    """Return what the filter dropped, most first."""
    return sorted(carrier.dropped.items(), key=lambda one: -one[1])


def why_no_interval(report: TransmissionReport) -> str:
    """Return why cells and effects of a study of too few pairs have none."""
    return no_interval(len(report.spec.seeds))


def _cell(effect: Effect, words: Wording, end: float) -> TaughtCell:
    shown, score = f"{effect.level:{words.level_form}}", effect.score
    said = f"students of the {teacher_name(effect.taught_by)}: {effect.target} {shown}"
    if score is None:
        is_own = effect.taught_by == effect.target
        return TaughtCell(text=shown, said=f"{said}; no interval", is_own=is_own, is_clear=False, tint=NOTHING)
    form = words.change_form
    interval = score.interval(form)
    return TaughtCell(
        text=shown,
        effect=f"{score.value:{form}}",
        interval=interval,
        said=f"{said}; against the others' {score.value:{form}} {words.unit} {interval} (n={score.n})"
        f"{_together(effect)}",
        is_own=effect.taught_by == effect.target,
        is_clear=score.is_clear_of_zero,
        tint=level(score.value / end) if score.is_clear_of_zero else NOTHING,
    )


def _together(effect: Effect) -> str:
    """Return the p-value of a teacher's own target among those of all teachers."""
    return "" if effect.p_adjusted is None else f"; p {effect.p_adjusted:.2g} among all teachers' own targets (Holm)"


def _others(student: StudentCurve) -> list[tuple[str, float]]:
    return [(name, cosine) for name, cosine in student.alignment.items() if name != student.taught_by]
