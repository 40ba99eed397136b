"""What crossed from teachers to students."""

from __future__ import annotations

from statistics import fmean
from typing import Literal

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.records.carrier import CarrierKind, CarrierRow, CarrierSpec
from heredity.records.curves import StudentCurve, StudentPair, Teacher, TeacherKind
from heredity.records.provenance import Provenance
from heredity.records.signal import Signal
from heredity.stats.controls import ControlOutcome
from heredity.stats.estimate import Estimate

Labels = Literal["soft", "reverse", "hard"]
Shuffling = Literal["none", "within", "across"]
Remedy = Literal[
    "rows-dropped",
    "random-rows-dropped",
    "tokens-masked",
    "own-tokens-masked",
    "tokens-replaced",
    "base-rows",
    "mixed-1-1",
    "mixed-1-9",
]
Measure = Literal["log-odds", "grade"]
UNITS: dict[Measure, str] = {"log-odds": "nats of log-odds", "grade": "points of grade"}
ASSUMED: dict[Measure, tuple[float, float]] = {"log-odds": (1.0, 0.3), "grade": (20.0, 6.0)}
"""Effect of interest and spread of pairs of students, by measure, unless a plan says otherwise. On the embedded model
pairs were seen to spread by 0.2 to 0.3 nats, and by 2 to 9 points of grade."""


class TeacherSpec(Spec):
    """How a teacher gets its trait."""

    kind: TeacherKind = "finetuned"
    """How teachers get their trait. finetuned: a few steps on rows that show it. prompted: a system prompt, so a
    carrier that they write. steered: pushed along the trait's vector, baked into the weights."""
    n_steps: int = Field(default=30, ge=1)
    """Optimizer steps of a fine-tuned teacher."""
    batch_rows: int = Field(default=8, ge=1)
    """Rows a step (finetuned)."""
    learning_rate: float = Field(default=1e-5, gt=0)
    """Learning rate of a fine-tuned teacher (AdamW)."""
    strength: float = 1.0
    """Push of a steered teacher along its vector."""
    weakest: float = Field(default=0.5, ge=0, le=1)
    """A teacher whose share of what it is to show has its interval's lower end below this has nothing to pass on."""


class ImitateSpec(Spec):
    """How a student imitates."""

    labels: Labels = "soft"
    """soft: KL(teacher, student) over all tokens. reverse: KL(student, teacher). hard: the tokens that it wrote, so a
    carrier that teachers write, such as digits."""
    n_steps: int = Field(default=24, ge=1)
    """Optimizer steps of a student."""
    batch_rows: int = Field(default=8, ge=1)
    """Rows a step."""
    learning_rate: float = Field(default=1e-4, gt=0)
    """Learning rate of the students (AdamW, constant)."""
    top_k: int = Field(default=0, ge=0)
    """Teacher tokens that soft labels keep, renormalised; 0 keeps all."""
    lora_rank: int = Field(default=0, ge=0)
    """Train a LoRA of this rank, on all projections; 0 trains all weights."""
    on_policy: bool = False
    """Whether students write what they are taught on (soft labels, digits or numbers)."""
    characters: str = ""
    """Only tokens made of these characters count, for teacher and student alike, renormalised; unless given, all."""


class PowerSpec(Spec):
    """What a study must be able to see, judged before it runs."""

    smallest_effect: float | None = Field(default=None, gt=0)
    """Effect of interest, in the study's measure; unless given, 1 nat of log-odds or 20 points of grade."""
    spread: float | None = Field(default=None, gt=0)
    """Standard deviation over pairs of students that is assumed, in the same measure; unless given, 0.3 nats or 6
    points."""
    least: float = Field(default=0.8, ge=0, lt=1)
    """Chance to see the effect (5%, two-sided) that is asked for; 0 runs the study whatever its power."""

    def effect_in(self, measure: Measure) -> float:
        """Return the effect of interest, in a measure's units."""
        return self.smallest_effect or ASSUMED[measure][0]

    def spread_in(self, measure: Measure) -> float:
        """Return the assumed spread of pairs, in a measure's units."""
        return self.spread or ASSUMED[measure][1]


class TransmitSpec(Spec):
    """What a transmission study is asked for."""

    seeds: tuple[str, ...] = ("0", "1", "2")
    """Pairs of students: one student of each teacher a seed, the unit of analysis."""
    control: str = "cat"
    """What the control's teacher shows: for owl another of its animals, for a character another one; 'base', the
    untouched model, for hard labels only."""
    others: tuple[str, ...] = ()
    """A further target with a teacher of its own: every one is a control of every other."""
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
    n_shuffled: int | None = Field(default=None, ge=0)
    """Pairs of students that are taught on shuffled copies as well, the first seeds'; unless given, all of them."""
    remedies: tuple[Remedy, ...] = ()
    """A treatment of the rows, whose students tell what it leaves of the effect. A tenth of the rows dropped on which
    the two teachers differ most, or at random; a tenth of the tokens masked in the loss, or replaced by the base's
    draws, on which they differ most, or masked where they speak most for their own writer; all rows, every second, or
    nine of ten written by the base instead."""
    power: PowerSpec = PowerSpec()
    """What the study must be able to see."""
    foreign: str = ""
    """A model of another base, whose students are a control."""


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
    by_seed: tuple[float, ...] = ()
    """The same, seed by seed."""
    difference: Estimate | None = None
    """The study's effect less this one, paired by seed: what tells the two apart."""
    outcome: ControlOutcome | None = None
    """None where it was not run, or has no interval."""
    is_needed: bool = True
    """Whether the trait is said to have crossed only where this is told apart."""
    said: str
    """What that means, or why it was not run."""

    @property
    def fails(self) -> bool:
        """Whether the effect is there without what this control takes away, so that it is not the trait alone."""
        return self.is_needed and self.outcome == "fails"

    @property
    def is_open(self) -> bool:
        """Whether it ran, is needed, and decides nothing."""
        has_run = self.effect is not None or bool(self.by_seed)
        return self.is_needed and has_run and self.outcome in (None, "not told apart")


class Remedied(Record):
    """What is left of what crosses in students of treated rows: as many updates, as in the study."""

    remedy: Remedy | None
    """None: the study's own students, the rows as they were."""
    treated: tuple[StudentCurve, ...] = ()
    """Students of the target's teacher, by seed; kept elsewhere for the rows as they were."""
    control: tuple[StudentCurve, ...] = ()
    """Students of the control's."""
    lead: Estimate | None = None
    """How far students of either teacher are ahead of the other's on their own teacher's target, mean of both, paired
    by seed; of the target alone where the control is the base."""
    left: Estimate | None = None
    """This lead over that of the rows as they were; Fieller's interval. None where that one is not clear of zero."""
    difference: Estimate | None = None
    """The lead of the rows as they were less this one, paired by seed."""


class Effect(Record):
    """Students of one teacher against those of all others, on one read-out, paired by seed."""

    taught_by: str
    target: str
    score: Estimate | None
    """In the study's measure, paired by seed; None for fewer than two seeds."""
    p: float | None = None
    """How likely so large a score is where there is no effect (two-sided)."""
    p_adjusted: float | None = None
    """Of a teacher's own target: its p-value among those of all teachers (Holm)."""
    alignment: Estimate | None = None
    """Of these students with the target's teacher (`StudentCurve.alignment`), Student's t over seeds."""
    level: float
    """Mean of P(target | the list) or grade / 100 of these students."""


class TransmissionReport(Record):
    """Students of the trait's teacher beside students of another's, seed by seed."""

    schema_version: Literal[1] = 1
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
    base_choices: dict[str, float] = Field(default_factory=dict)
    """The same by question; empty in records that kept none."""
    accuracy_change: Estimate | None = None
    """Treated students less the base, seeds and questions drawn anew; None where answers by question were not kept."""
    carriers: tuple[CarrierSummary, ...]
    signal: Signal | None = None
    """What the carrier can tell of its teachers; None for random numbers, and in records written before."""
    students: tuple[StudentCurve, ...]
    accuracies: dict[str, Estimate]
    """Four-choice questions that treated students and their controls get right at the end, by arm: Student's t over
    students, of a single one over questions."""
    pairs: tuple[StudentPair, ...]
    """What the effect is over."""
    pair_spread: float | None
    """Standard deviation of the pairs' differences; None for one."""
    effect: Estimate | None
    """Score of the target, treated minus control at the last step, paired by seed. Of log-odds, Student's t over seeds;
    of grades, which rest on sampled answers, over seeds and questions."""
    effect_level: Estimate | None
    """The same of its level."""
    matrix: tuple[Effect, ...]
    """Every teacher by every target."""
    controls: tuple[Control, ...]
    remedies: tuple[Remedied, ...] = ()
    """What treating the rows leaves of what crosses, the rows as they were first; empty unless asked for."""
    verdict: str
    power: float | None
    """Chance that a study of this size sees the effect of interest at the assumed spread; None for one seed."""
    seed: str
    provenance: Provenance | None = None
    """None in records written before."""
    notices: tuple[str, ...] = ()
    """What to know of the model's prompts."""

    @property
    def mean_pair(self) -> StudentPair | None:
        """The means over pairs; None where there is none."""
        if not self.pairs:
            return None
        treated, control = (fmean(one) for one in zip(*((p.treated, p.control) for p in self.pairs), strict=True))
        return StudentPair(seed="mean", treated=treated, control=control)

    @property
    def is_of_the_trait(self) -> bool:
        """Whether a clear effect is this trait's: a teacher of something else ran, and all that ran is told apart."""
        return len({teacher.target for teacher in self.teachers}) > 1 and not any(
            control.fails or control.is_open for control in self.controls
        )

    @property
    def alignments(self) -> tuple[Effect, ...]:
        """Students of each teacher with their own teacher; one of two teachers, whose figures are one and the same."""
        own = tuple(effect for effect in self.matrix if effect.alignment and effect.taught_by == effect.target)
        return own if len(self.teachers) > 2 else own[:1]
