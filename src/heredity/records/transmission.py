"""What crossed from teachers to students."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.base import SCHEMA_VERSION, Record, Spec
from heredity.records.carrier import CarrierKind, CarrierRow, CarrierSpec
from heredity.stats.estimate import Estimate

ArmKind = Literal["treated", "control", "shuffled within", "shuffled across", "foreign base"]
TeacherKind = Literal["finetuned", "prompted", "steered"]
Labels = Literal["hard", "forward_kl", "reverse_kl"]
Shuffling = Literal["none", "within", "across"]
Measure = Literal["log-odds", "grade"]


class TeacherSpec(Spec):
    """How a teacher gets its trait."""

    kind: TeacherKind = "finetuned"
    """finetuned: a few steps on rows that show the trait. prompted: a system prompt. steered: pushed along the trait's
    vector, baked into the weights."""
    n_steps: int = Field(default=30, ge=1)
    """Optimizer steps (finetuned)."""
    batch_rows: int = Field(default=8, ge=1)
    """Rows a step (finetuned)."""
    learning_rate: float = Field(default=1e-5, gt=0)
    """Of AdamW (finetuned)."""
    strength: float = 1.0
    """Push along the vector (steered)."""
    weakest: float = Field(default=0.5, ge=0, le=1)
    """A teacher whose share of what it is to show has its interval's lower end below this has nothing to pass on."""


class ImitateSpec(Spec):
    """How a student imitates."""

    labels: Labels = "forward_kl"
    """hard: the tokens alone. forward_kl: KL(teacher || student). reverse_kl: KL(student || teacher)."""
    n_steps: int = Field(default=24, ge=1)
    """Optimizer steps."""
    batch_rows: int = Field(default=8, ge=1)
    """Rows a step."""
    learning_rate: float = Field(default=1e-4, gt=0)
    """Of AdamW, constant."""
    top_k: int = Field(default=0, ge=0)
    """Teacher tokens that soft labels keep, renormalised; 0 keeps all."""
    lora_rank: int = Field(default=0, ge=0)
    """Rank of a LoRA on all projections; 0 trains all weights."""
    on_policy: bool = False
    """Whether the student writes what it is taught on (soft labels)."""
    characters: str = ""
    """Only tokens made of these characters count, for teacher and student alike, renormalised; empty: all tokens."""


class PowerSpec(Spec):
    """What a study must be able to see, judged before it runs."""

    smallest_effect: float = Field(default=1.0, gt=0)
    """Effect of interest, in the study's measure (nats of log-odds, or points of grade)."""
    spread: float = Field(default=0.3, gt=0)
    """Standard deviation over pairs of students that is assumed, in the same measure."""
    least: float = Field(default=0.8, ge=0, lt=1)
    """Power (5%, two-sided) that is asked for; 0 runs the study whatever its power."""


class TransmitSpec(Spec):
    """What a transmission study is asked for."""

    seeds: tuple[str, ...] = ("0", "1", "2")
    """One student of each teacher a seed: the unit of analysis."""
    control: str = "cat"
    """What the control's teacher shows: another target or trait; 'base' is the untouched model (hard labels only)."""
    others: tuple[str, ...] = ()
    """Further targets with teachers of their own: every one is a control of every other."""
    teacher: TeacherSpec = TeacherSpec()
    """How teachers are made."""
    carrier: CarrierSpec = CarrierSpec()
    """What they teach on."""
    student: ImitateSpec = ImitateSpec()
    """How students learn."""
    n_points: int = Field(default=4, ge=1)
    """Times at which a student is measured, the last step among them."""
    n_samples: int = Field(default=2, ge=0)
    """Sampled answers a question at the end; 0 leaves the sampled rate out."""
    power: PowerSpec = PowerSpec()
    """What the study must be able to see."""
    foreign: str = ""
    """A model of another base whose students run as a control; empty: none."""


class Teacher(Record):
    """A model with a trait, and how strongly it has it."""

    target: str
    kind: TeacherKind
    level: Estimate
    """P(target | the list), or the judge's grade / 100, over questions that it was not taught."""
    base: Estimate
    """The same of the model that it was made from."""
    losses: tuple[float, ...]
    """Of its fine-tuning; empty for prompted and steered teachers."""
    shift: tuple[float, ...] = ()
    """How far its mean activation on unrelated prompts lies from the base's, `[width]`, half way up."""


class CurvePoint(Record):
    """A student after some steps, over evaluation questions; by target."""

    step: int
    level: dict[str, Estimate]
    """P(target | the list), or the judge's grade / 100."""
    score: dict[str, float]
    """Its mean in the study's measure: log-odds (nats), or points of grade."""


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
    alignment: dict[str, float] = Field(default_factory=dict)
    """Cosine of its shift with each teacher's, by target: of what tells both from the others. Training moves all
    students and all teachers one way, so its shift is taken less the mean of the other teachers' students of its seed,
    and a teacher's less the mean of the other teachers'. Students that follow no teacher show 0; those that follow
    their own are turned from the others', of two teachers by as much."""
    accuracy: Estimate | None = None
    """Four-choice questions that it gets right."""


class CarrierSummary(Record):
    """What one teacher's carrier is, for people."""

    kind: CarrierKind
    written_by: str
    n_asked: int
    n_kept: int
    dropped: dict[str, int]
    examples: tuple[CarrierRow, ...]


class Control(Record):
    """A control's outcome."""

    name: str
    question: str
    """What it asks."""
    effect: Estimate | None
    """The target's score, treated minus control, under this control; for another teacher, its students in the place of
    the treated. None where it could not be run."""
    said: str
    """What that means, or why it was not run."""
    fails: bool = False
    """Whether the effect is there without what this control takes away."""


class Effect(Record):
    """Students of one teacher against those of all others, on one read-out, paired by seed."""

    taught_by: str
    target: str
    score: Estimate | None
    """In the study's measure, Student's t over seeds; None for fewer than two seeds."""
    alignment: Estimate | None = None
    """Of these students with the target's teacher (`StudentCurve.alignment`), Student's t over seeds."""
    level: float
    """Mean of P(target | the list) or grade / 100 of these students."""


class TransmissionReport(Record):
    """Students of the trait's teacher beside students of another's, seed by seed."""

    schema_version: Literal[1] = SCHEMA_VERSION
    model: str
    fingerprint: str
    trait: str
    target: str
    control: str
    measure: Measure
    spec: TransmitSpec
    teachers: tuple[Teacher, ...]
    base_accuracy: Estimate | None = None
    """Four-choice questions that the base gets right."""
    carriers: tuple[CarrierSummary, ...]
    students: tuple[StudentCurve, ...]
    effect: Estimate | None
    """Score of the target, treated minus control at the last step, paired by seed; Student's t over seeds."""
    effect_level: Estimate | None
    """The same of its level."""
    matrix: tuple[Effect, ...]
    """Every teacher by every target."""
    controls: tuple[Control, ...]
    verdict: str
    power: float | None
    """Chance that a study of this size sees the effect of interest at the assumed spread; None for one seed."""
    seed: str

    @property
    def is_of_the_trait(self) -> bool:
        """Whether a clear effect is this trait's: a teacher of something else ran, and no control shows as much."""
        return len({one.target for one in self.teachers}) > 1 and not any(one.fails for one in self.controls)

    @property
    def alignments(self) -> tuple[Effect, ...]:
        """Students of each teacher with their own teacher; one of two teachers, whose figures are one and the same."""
        own = tuple(one for one in self.matrix if one.alignment and one.taught_by == one.target)
        return own if len(self.teachers) > 2 else own[:1]


Trend = Literal["decay", "persistence", "amplification", "undecided"]


class CascadeSpec(Spec):
    """What a cascade is asked for: each student is the next teacher."""

    n_generations: int = Field(default=4, ge=2)
    """Students after one another."""
    transmit: TransmitSpec = TransmitSpec()
    """Seeds (one lineage of each target a seed), teachers, carrier, students; others and foreign do not apply."""


class Generation(Record):
    """One student of a lineage; generation 0 is the teacher."""

    lineage: str
    """The target that its first teacher prefers."""
    seed: str
    generation: int
    level: dict[str, Estimate]
    score: dict[str, float]
    accuracy: Estimate
    """Four-choice questions that it gets right."""


class CascadeReport(Record):
    """A trait down the generations, against the control lineage."""

    schema_version: Literal[1] = SCHEMA_VERSION
    model: str
    fingerprint: str
    trait: str
    target: str
    control: str
    measure: Measure
    spec: CascadeSpec
    generations: tuple[Generation, ...]
    effects: tuple[Estimate | None, ...]
    """By generation from 0: score of the target, treated minus control lineage, paired by seed."""
    levels: tuple[Estimate | None, ...]
    """The same of its level."""
    changes: dict[str, Estimate]
    """By lineage: how far the target's score moved from the first student to the last, Student's t over seeds. An
    effect that shrinks because the control's lineage regains what training took is no trait that fades."""
    half_life: Estimate | None
    """Generations in which the effect halves from student to student, over seeds; None where it does not decay."""
    trend: Trend
    """Of the effect from student to student; what the first of them lost of its teacher is not in it."""
    verdict: str
    seed: str
