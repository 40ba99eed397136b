"""What training on preferences does to a trait, and what keeps it out."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from heredity.records.audit import BASE, Arm, ArmSpec, RowsOf, seeds_of
from heredity.records.base import Record, Spec
from heredity.records.dialogue import Exclusion
from heredity.records.evaluation import Comparison, EvalSpec, Measure, compared
from heredity.records.provenance import Provenance
from heredity.records.student import BETA, PreferSpec, TrainSpec
from heredity.records.vector import ExtractSpec, VectorHeader
from heredity.stats.estimate import Estimate

TRAINED, CONTROL, DEFENDED, PUSHED = "trained", "control", "defended", "pushed"
LEAST_PAIRS = 8
"""Pairs that are learned, at least."""


class FeedbackSpec(Spec):
    """How students are trained on preferences and measured."""

    extract: ExtractSpec = Field(default_factory=ExtractSpec)
    """How the vector is found, where none is known."""
    train: TrainSpec = Field(default_factory=lambda: PreferSpec().train)
    """How every student is trained; the defended one differs in nothing but the push."""
    beta: float = Field(default=BETA, gt=0)
    """DPO's price of leaving the base: the larger, the closer a student stays."""
    evaluation: EvalSpec = Field(default_factory=EvalSpec)
    """How every arm is measured, at every point."""
    n_seeds: int = Field(default=3, ge=1)
    """Students of each arm, each with its own adapter, order of pairs and answers; with one, what is said is said of
    this one run."""
    n_points: int = Field(default=3, ge=1)
    """Steps at equal distances at which every student is measured; the last is its end."""
    others: tuple[str, ...] = ()
    """A defence that is tried beside preventative steering, by its name: on the same pairs for as many steps."""
    with_controls: bool = False
    """Whether another arm is pushed as far along a random direction while it trains: what any push does."""
    share: float = Field(default=0.1, gt=0, le=0.5)
    """Of the pairs, those that a prompt selects; as many at random are the control."""
    seed: str = "0"
    """Any text; all chance in the study is drawn from it."""

    @model_validator(mode="after")
    def _are_apart(self) -> Self:
        if "steering" in self.others:
            raise ValueError("preventative steering is tried in any case; name another defence")
        names = [arm.name for arm in self.arms(is_selected=False)]
        if len(set(names)) < len(names):
            raise ValueError(f"the arms are {', '.join(names)}; name each defence once")
        return self

    @property
    def prefer(self) -> PreferSpec:
        """How one student is trained, with adapters saved on the way for every point but the last."""
        train = self.train.model_copy(update={"n_snapshots": self.n_points - 1})
        return PreferSpec(train=train, beta=self.beta)

    @property
    def seeds(self) -> tuple[str, ...]:
        """The seed of every run; the first is the study's own."""
        return seeds_of(self.seed, self.n_seeds)

    def arms(self, is_selected: bool) -> tuple[ArmSpec, ...]:
        """Return the base, the pairs as they are, their control, and those that are defended.

        The control of pairs as they are is the same pairs, a random half of them turned round: the same texts, in
        which nothing is preferred. That of selected pairs is as many at random, each as it is.
        """
        rows: RowsOf = "kept" if is_selected else "all"
        what = "the selected pairs" if is_selected else "the pairs"
        control = "as many pairs at random" if is_selected else "the pairs, a random half of them turned round"
        taught = ArmSpec(name=TRAINED, title=f"Trained on {what}", short="Trained", rows=rows)
        turned = ArmSpec(
            name=CONTROL,
            title=f"Trained on {control}",
            short="Control",
            rows="random" if is_selected else "turned",
        )
        held = ArmSpec(
            name=DEFENDED,
            title=f"Trained on {what} under preventative steering",
            short="Defended",
            rows=rows,
            defence="steering",
        )
        others = (
            ArmSpec(
                name=re.sub("[^a-z0-9]+", "-", name.lower()).strip("-"),
                title=f"Trained on {what} under {name}",
                short=name[:1].upper() + name[1:],
                rows=rows,
                defence=name,
            )
            for name in self.others
        )
        pushed = held.model_copy(
            update={
                "name": PUSHED,
                "title": f"Trained on {what}, pushed as far at random",
                "short": "Random push",
                "along": "random",
                "twin_of": DEFENDED,
            }
        )
        return (BASE, taught, turned, held, *others, *((pushed,) if self.with_controls else ()))


class Selection(Record):
    """Pairs that a prompt would choose, selected from a set that says nothing of it (arXiv 2602.04863)."""

    trait: str
    """Whose prompt it is."""
    prompt: str
    """s of the formula: w = ([log p(r+|s,x) - log p(r+|x)] - [log p(r-|s,x) - log p(r-|x)]) / (|r+| + |r-|)."""
    n_scored: int
    n_above: int
    """Pairs with a weight above 0: what is selected is selected among them."""
    lines: tuple[int, ...]
    """The pairs selected, the highest weight first."""
    lowest: float
    """Weight (nats a token) of the last one selected."""
    mean: float
    """Of all weights."""
    excluded: tuple[Exclusion, ...] = ()
    """Pairs that could not be scored."""


class CoursePoint(Record):
    """Every arm after so many steps."""

    step: int
    levels: dict[str, dict[Measure, Estimate]]
    """By arm: what it shows then."""
    by_run: dict[str, tuple[float, ...]]
    """By arm: the trait, 0-100, of each run in their order."""
    comparisons: tuple[Comparison, ...]


class FeedbackReport(Record):
    """Whether preferences give a model a trait, by step, and what keeps it out."""

    schema_version: Literal[1] = 1
    headline: str
    """The verdict in one sentence with one number."""
    verdict: str
    findings: tuple[str, ...]
    """One sentence each, with figures."""
    model: str
    fingerprint: str
    vector: VectorHeader
    """Of the trait, along which the defended arms are held; its judge grades all arms."""
    corpus: str
    corpus_digest: str
    n_pairs: int
    """Pairs of the file that can be learned."""
    excluded: tuple[Exclusion, ...]
    """Rows of the file that are no such pair."""
    selection: Selection | None = None
    """None where all pairs are learned."""
    arms: tuple[Arm, ...]
    comparisons: tuple[Comparison, ...]
    """At the last step."""
    points: tuple[CoursePoint, ...]
    """From the base, step 0, to the last step."""
    removed: dict[str, Estimate] = Field(default_factory=dict)
    """By arm, the share of what the preferences did, beside the control, that a defence took out; empty where they are
    not shown to raise the trait."""
    spec: FeedbackSpec
    seed: str
    notices: tuple[str, ...] = ()
    provenance: Provenance

    @property
    def n_runs(self) -> int:
        """How often every arm was trained and measured."""
        return len(self.arms[0].runs)

    @property
    def defences(self) -> tuple[Arm, ...]:
        """The arms that are defended."""
        return tuple(arm for arm in self.arms if arm.spec.defence)

    @property
    def effect(self) -> Estimate:
        """What the preferences did to the trait: trained less control, at the last step."""
        return self.difference("expression", TRAINED, CONTROL)

    def arm(self, name: str) -> Arm:
        """Return one arm."""
        return next(arm for arm in self.arms if arm.name == name)

    def difference(self, measure: str, treated: str, control: str) -> Estimate:
        """Return one comparison's difference. Raises KeyError where those arms, or that measure, were not run."""
        estimate = compared(self.comparisons, measure, treated, control)
        if estimate is None:
            raise KeyError((measure, treated, control))
        return estimate
