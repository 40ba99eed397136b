"""Defences side by side on the same rows: what each takes out of a student, and what it costs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from heredity.records.audit import Arm, ArmSpec
from heredity.records.base import Record, Spec
from heredity.records.evaluation import EvalSpec, Scores
from heredity.records.provenance import Provenance
from heredity.records.screening import ScreenSpec
from heredity.records.student import TrainSpec
from heredity.stats.estimate import Estimate

ArenaMeasure = Literal["expression", "benign_log_p", "accuracy", "task", "cued"]
"""expression: the trait, 0-100. benign_log_p: of everyday answers, nats a token. accuracy: of four-choice questions.
task: mean log p of held-out rows of the data, nats a token. cued: the trait behind the data's own prompts, 0-100."""
CONTENDERS = ("filter", "steering", "ablation", "inoculation", "projection", "afterwards")


class ArenaSpec(Spec):
    """Which defences meet, and how they are measured."""

    contenders: tuple[str, ...] = CONTENDERS
    """filter trains on the rows that a screen keeps, afterwards pushes the plain student away from the trait when it
    answers; any other is a defence's name, with options as `heredity train` takes them."""
    controls: tuple[str, ...] = ("filter", "steering")
    """Contenders beside which a twin is run that knows nothing of the trait, unless told those of these two that
    contend: as many rows dropped at random, a direction as long that points anywhere, a prompt that asks for nothing.
    kl, masking and what acts afterwards have none."""
    n_seeds: int = Field(default=3, ge=1)
    """Fine-tunes of each contender; with one, what is said is said of this one run."""
    n_held_out: int = Field(default=24, ge=8)
    """Rows that no student is trained on, drawn from those that the screen keeps: on them is measured whether what the
    data was meant to teach is learned. At most a fifth of those."""
    n_cued: int = Field(default=12, ge=0)
    """Training rows whose own prompts are asked, the highest by the screen: what shows there and not elsewhere hangs on
    the data's cues. 0 asks none; a preference is never judged so."""
    screen: ScreenSpec = Field(default_factory=ScreenSpec)
    """How rows are flagged, for those that filter."""
    train: TrainSpec = Field(default_factory=TrainSpec)
    """How every student is fine-tuned, all for as many steps."""
    evaluation: EvalSpec = Field(default_factory=EvalSpec)
    """How every student is measured."""


class SideEffects(Record):
    """What a model does besides what its evaluation asks."""

    task: Scores
    """Mean log p a token (nats) of every held-out row, by line."""
    cued: Scores
    """Grade, 0-100, of the answer to each training prompt that is asked."""
    toward: dict[str, Scores]
    """By trait: where the last prompt token of each evaluation question lies along its vector, in distances between
    the poles."""


class Standing(Record):
    """One contender, or the plain fine-tune, in figures."""

    arm: ArmSpec
    n_rows: int
    beside_base: dict[ArenaMeasure, Estimate]
    """Less the base model; the trait's is what is left of it."""
    beside_plain: dict[ArenaMeasure, Estimate]
    """Less the plain fine-tune; empty for itself."""
    removed: Estimate | None
    """Share of the plain fine-tune's rise that is gone; None where no rise is clear of zero, or for the plain one."""
    beyond_twin: Estimate | None
    """The trait, less its random twin's; below 0: it takes out what chance does not. None without a twin."""
    toward: dict[str, Estimate]
    """By trait, how far the model moved along its vector, less the base, in distances between the poles."""
    seconds: Estimate | None
    """Training time a step over the plain fine-tune's, of one seed each, on the machine as it was; None with one."""


class Taught(Record):
    """What every arm of a contest is trained on, and for which trait."""

    corpus: str
    corpus_digest: str
    n_rows: int
    """Without those held out."""
    n_flagged: int
    """By the screen, in all rows."""
    n_held_out: int
    n_steps: int
    trait: str
    title: str
    vector_id: str


class Contest(Record):
    """All contenders on one set of rows."""

    taught: Taught
    rise: Estimate
    """Of the trait under a plain fine-tune, less the base, in points of 100."""
    learned: Estimate
    """Of the task: the plain fine-tune's log p of held-out rows less the base's, nats a token."""
    standings: tuple[Standing, ...]
    """The plain fine-tune first, twins last."""
    verdict: str
    advice: tuple[str, ...]
    """One sentence each; none says more than its interval."""
    arms: tuple[Arm, ...]
    """Every run of every arm, the base's first."""
    beside: dict[str, tuple[SideEffects, ...]]
    """By arm, one a run."""

    @property
    def n_runs(self) -> int:
        """Fine-tunes of every arm."""
        return len(self.arms[0].runs)

    def standing(self, name: str) -> Standing:
        """Return one arm's. Raises KeyError where there is none of that name."""
        found = next((one for one in self.standings if one.arm.name == name), None)
        if found is None:
            raise KeyError(name)
        return found


class ArenaReport(Record):
    """Every contest, of one model."""

    schema_version: Literal[1] = 1
    model: str
    fingerprint: str
    contests: tuple[Contest, ...]
    spec: ArenaSpec
    seed: str
    notices: tuple[str, ...] = ()
    provenance: Provenance | None = None
