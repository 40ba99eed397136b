"""Teachers, and students from the base to their last step, in transmission studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Literal

from pydantic import Field

from heredity.records.base import Record
from heredity.stats.estimate import Estimate

ArmKind = Literal["treated", "control", "shuffled within", "shuffled across", "foreign base"]
TeacherKind = Literal["finetuned", "prompted", "steered"]


class Teacher(Record):
    """A model with a trait, and how strongly it has it."""

    target: str
    kind: TeacherKind
    level: Estimate
    """P(target | the list), or the judge's grade / 100, over questions that it was not taught."""
    base: Estimate
    """The same of the model that it was made from."""
    rise: Estimate | None = None
    """The level less the base's, paired by question; None where they share none."""
    losses: tuple[float, ...]
    """Of its fine-tuning; empty for prompted and steered teachers."""
    shift: tuple[float, ...] = ()
    """How far its mean activation on unrelated prompts lies from the base's, `[width]`, half way up."""
    fingerprint: str = ""
    """Of its weights; empty in records written before."""


class CurvePoint(Record):
    """A student after some steps, over evaluation questions; by target."""

    step: int
    level: dict[str, Estimate]
    """P(target | the list), or the judge's grade / 100."""
    score: dict[str, float]
    """Its mean in the study's measure: log-odds (nats), or points of grade."""
    by_question: dict[str, dict[str, float | None]] = Field(default_factory=dict)
    """The level by target and question, None where no answer could be graded; empty in records that kept none."""


class StudentCurve(Record):
    """One student from the base (step 0) to its last step."""

    arm: ArmKind
    taught_by: str
    seed: str
    points: tuple[CurvePoint, ...]
    losses: tuple[float, ...]
    sampled: dict[str, Estimate] = Field(default_factory=dict)
    """Share of sampled answers that name the target, by target, over questions."""
    imitation: float | None = None
    """1 - KL(teacher || student) / KL(teacher || base) on carrier rows that it was not taught: 1 is a perfect copy."""
    shift: tuple[float, ...] = ()
    """How far its mean activation on unrelated prompts lies from the base's, `[width]`, half way up."""
    fingerprint: str = ""
    """Of its weights; empty in records written before."""
    alignment: dict[str, float] = Field(default_factory=dict)
    """Cosine of its shift with each teacher's, by target: of what tells both from the others. Training moves all
    students and all teachers one way, so its shift is taken less the mean of the other teachers' students of its seed,
    and a teacher's less the mean of the other teachers'. Students that follow no teacher show 0; those that follow
    their own are turned from the others', of two teachers by as much."""
    accuracy: Estimate | None = None
    """Four-choice questions that it gets right."""
    choices: dict[str, float] = Field(default_factory=dict)
    """The same by question; empty in records that kept none."""


def mean_level(students: Sequence[StudentCurve], place: int, target: str) -> float:
    """Return the mean over students of the target's level at one point of their curves."""
    return fmean(student.points[place].level[target].value for student in students)


def lead_of(treated: Mapping[str, float], control: Mapping[str, float], target: str, other: str) -> float:
    """Return how far two students are ahead of each other on their own teachers' targets, mean of the two.

    From their scores; of the target alone where there is no score of the other, whose teacher is the base.
    """
    ahead = treated[target] - control[target]
    return fmean((ahead, control[other] - treated[other])) if other in treated else ahead


class StudentPair(Record):
    """Two students of one seed that differ in the teacher alone: the target's score at the last step."""

    seed: str
    treated: float
    """Over the questions that both have a score for; likewise of the control."""
    control: float
    unscored: int = 0
    """Questions left out because the answers of one of the two could not be graded."""

    @property
    def difference(self) -> float:
        """Treated minus control."""
        return self.treated - self.control
