"""One audit, whole: what was asked, what was found, and how it was found."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from heredity.records.base import Record, Spec
from heredity.records.defending import asked_defences
from heredity.records.evaluation import Comparison, EvalReport, EvalSpec, Measure, compared
from heredity.records.provenance import Provenance
from heredity.records.screening import ScreenReport, ScreenSpec
from heredity.records.student import Student, TrainSpec
from heredity.records.vector import ExtractSpec, VectorHeader
from heredity.stats.estimate import Estimate

LEAST_TRAINED = 0.9
"""Where a smaller share of the rows was trained on, no rise is no news of the rows."""
RowsOf = Literal["none", "all", "kept", "random"]


class ArmSpec(Spec):
    """One arm of an audit: its name, which rows it trains on, and what defends it."""

    name: str = Field(pattern="^[a-z][a-z0-9-]*$")
    """What figures and comparisons call it."""
    title: str
    """In a few words."""
    short: str
    """The same where there is no room."""
    rows: RowsOf
    """none: it is not trained. all: every row that can be read. kept: those that the screen keeps. random: as many as
    it keeps, drawn at random."""
    defence: str = ""
    """What defends it, NAME[:option=value]..., several joined by +, as `TrainSpec.defence`; empty for none."""
    along: Literal["trait", "random"] = "trait"
    """The direction that a defence is given: the trait's, or one as long that points anywhere."""
    afterwards: Literal["", "steering"] = ""
    """What holds the student while it answers: a push away from the trait, as strong as preventative steering's."""
    twin_of: str = ""
    """The arm that it differs from in nothing but chance in the place of what was found."""

    @model_validator(mode="after")
    def _has_a_direction(self) -> Self:
        if self.along == "random" and not any(one.options.has_direction for one in asked_defences(self.defence)):
            raise ValueError(f"'{self.defence}' has no direction: an arm along a random one would be the same arm")
        return self


BASE = ArmSpec(name="base", title="Base model, not trained", short="Base model", rows="none")
PLAIN = ArmSpec(name="plain", title="Plain fine-tune on all rows", short="Plain fine-tune", rows="all")
KEPT = ArmSpec(name="kept", title="Fine-tune on the kept rows", short="Kept rows only", rows="kept")
DEFENDED = ArmSpec(
    name="defended",
    title="Fine-tune on all rows under preventative steering",
    short="Defended",
    rows="all",
    defence="steering",
)
DROPPED = ArmSpec(
    name="dropped",
    title="Fine-tune on as many rows, dropped at random",
    short="Random drop",
    rows="random",
    twin_of="kept",
)
PUSHED = ArmSpec(
    name="pushed",
    title="Fine-tune on all rows, pushed as far at random",
    short="Random push",
    rows="all",
    defence="steering",
    along="random",
    twin_of="defended",
)
TWINS = (DROPPED, PUSHED)
"""The random twins of the arms that are always run."""
OtherDefence = Literal["ablation", "inoculation", "projection", "kl", "corridor", "masking", "afterwards"]
OTHER_DEFENCES: dict[OtherDefence, ArmSpec] = {
    "ablation": ArmSpec(
        name="ablated",
        title="Fine-tune on all rows, the trait's direction ablated",
        short="Ablated",
        rows="all",
        defence="ablation",
    ),
    "inoculation": ArmSpec(
        name="inoculated",
        title="Fine-tune on all rows behind a prompt that asks for the trait",
        short="Inoculated",
        rows="all",
        defence="inoculation",
    ),
    "projection": ArmSpec(
        name="projected",
        title="Fine-tune on all rows, gradients kept off the trait's read-out",
        short="Projected",
        rows="all",
        defence="projection",
    ),
    "kl": ArmSpec(
        name="near",
        title="Fine-tune on all rows, held to the base's words on benign ones",
        short="Held to the base",
        rows="all",
        defence="kl",
    ),
    "corridor": ArmSpec(
        name="corridor",
        title="Fine-tune on all rows, the trait's read-out held in a corridor",
        short="Corridor",
        rows="all",
        defence="corridor",
    ),
    "masking": ArmSpec(
        name="masked",
        title="Fine-tune on all rows without the tokens that asking for the trait makes likelier",
        short="Tokens masked",
        rows="all",
        defence="masking",
    ),
    "afterwards": ArmSpec(
        name="steered",
        title="Plain fine-tune on all rows, pushed away from the trait when it answers",
        short="Pushed when asked",
        rows="all",
        afterwards="steering",
    ),
}
"""Arms that stand beside preventative steering, by their defence's name."""


class AuditSpec(Spec):
    """The specs of an audit's steps."""

    extract: ExtractSpec = Field(default_factory=ExtractSpec)
    """How the vector is found."""
    screen: ScreenSpec = Field(default_factory=ScreenSpec)
    """How rows are scored and flagged."""
    train: TrainSpec = Field(default_factory=TrainSpec)
    """How every student is fine-tuned; the defended arm differs in nothing but the push."""
    evaluation: EvalSpec = Field(default_factory=EvalSpec)
    """How every arm is measured."""
    n_seeds: int = Field(default=1, ge=1)
    """Fine-tunes of each arm, each with its own adapter, row order and answers; with one, what is said is said of this
    one run."""
    arms: tuple[ArmSpec, ...] = (KEPT, DEFENDED)
    """What is tried besides the base and the plain fine-tune; these two are always among them."""
    others: tuple[OtherDefence, ...] = ()
    """A defence that is tried beside preventative steering, on the same rows for as many steps; `afterwards` pushes the
    plain student when it answers."""
    with_controls: bool = False
    """Whether two random twins are run too: as many rows dropped at random, a push as long along a random direction."""
    seed: str = "0"
    """Any text; all chance in the audit is drawn from it."""

    @model_validator(mode="after")
    def _are_apart(self) -> Self:
        names = [arm.name for arm in self.every_arm]
        missing = {KEPT.name, DEFENDED.name} - set(names)
        alone = {arm.twin_of for arm in self.every_arm if arm.twin_of} - set(names)
        if alone:
            raise ValueError(f"there is no arm {', '.join(sorted(alone))} for a twin to stand beside")
        if missing or len(set(names)) < len(names):
            raise ValueError(
                f"the arms are {', '.join(names)}; each needs a name of its own, and kept and defended are needed"
            )
        return self

    @property
    def every_arm(self) -> tuple[ArmSpec, ...]:
        """The base, the plain fine-tune, what is tried, other defences and the twins where they are asked for."""
        others = (OTHER_DEFENCES[name] for name in dict.fromkeys(self.others))
        return (BASE, PLAIN, *self.arms, *others, *(TWINS if self.with_controls else ()))

    @property
    def seeds(self) -> tuple[str, ...]:
        """The seed of every fine-tune; the first is the audit's own."""
        return (self.seed, *(f"{self.seed}/{i}" for i in range(1, self.n_seeds)))


class Run(Record):
    """One fine-tune of an arm, or one measurement of the base model, drawn from a seed of its own."""

    seed: str
    student: Student | None
    """None for the base model."""
    evaluation: EvalReport


class Arm(Record):
    """One way to treat the corpus, and what came of it."""

    spec: ArmSpec
    n_rows: int
    """Rows that it was to be trained on; 0 for the base model."""
    n_trained: int
    """Those that it was trained on in whole: not too long, not refused by the chat template."""
    runs: tuple[Run, ...]
    """One a seed, the same seeds for every arm."""
    levels: dict[Measure, Estimate]
    """Of one run over questions or rows; of several over runs and questions."""

    @property
    def name(self) -> str:
        """What figures and comparisons call it."""
        return self.spec.name

    @property
    def title(self) -> str:
        """In a few words."""
        return self.spec.title

    @property
    def student(self) -> Student | None:
        """The student of the first run."""
        return self.runs[0].student

    @property
    def evaluation(self) -> EvalReport:
        """The evaluation of the first run."""
        return self.runs[0].evaluation


class AuditReport(Record):
    """The three answers: will it give my model this trait, which rows, and can I fine-tune safely?"""

    schema_version: Literal[1] = 1
    headline: str = ""
    """The verdict in one sentence with one number; empty in records written before."""
    verdict: str
    findings: tuple[str, ...]
    """One sentence each, with figures."""
    vector: VectorHeader
    screen: ScreenReport
    n_rows: int
    """Rows of the corpus, those that could not be read among them."""
    arms: tuple[Arm, ...]
    comparisons: tuple[Comparison, ...]
    share_removed: Estimate | None
    """Share of the rise that the defence removed; None where no rise of the plain fine-tune is clear of zero."""
    removed: dict[str, Estimate] = Field(default_factory=dict)
    """By arm, the same of every arm that is tried; empty where no rise is clear of zero, or in records from before."""
    judge: str | None = None
    """The independent judge, where there was one."""
    spec: AuditSpec
    seed: str
    provenance: Provenance

    @property
    def n_runs(self) -> int:
        """How often every arm was trained and measured."""
        return len(self.arms[0].runs)

    @property
    def share_trained(self) -> float:
        """Share of the corpus's rows that the plain arm was trained on in whole."""
        return self.arm("plain").n_trained / self.n_rows

    @property
    def is_trained_on(self) -> bool:
        """Whether so many rows were trained on that no rise would be news of them."""
        return self.share_trained > LEAST_TRAINED

    @property
    def untrained(self) -> str:
        """How many rows were trained on, in words."""
        return f"only {self.arm('plain').n_trained} of {self.n_rows} rows were trained on in whole"

    def arm(self, name: str) -> Arm:
        """Return one arm."""
        return next(arm for arm in self.arms if arm.name == name)

    def difference(self, measure: str, treated: str, control: str) -> Estimate:
        """Return one comparison's difference. Raises KeyError where those arms, or that measure, were not run."""
        estimate = self.compared(measure, treated, control)
        if estimate is None:
            raise KeyError((measure, treated, control))
        return estimate

    def compared(self, measure: str, treated: str, control: str) -> Estimate | None:
        """Return the same, or None where those arms, or that measure, were not run."""
        return compared(self.comparisons, measure, treated, control)
