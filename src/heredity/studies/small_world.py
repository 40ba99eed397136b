"""Subliminal learning where it can be computed: digits learnt from noise, and the theorem behind it ([SL] section 2).

Every seed has one teacher and three students that see the same noise and the teacher's auxiliary logits only. They
differ in the initialisation (the teacher's own, or another) or in whose logits come with an input (its own, or
another's); what they are taught never names a digit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Literal, TypeAlias

from heredity.ground.errors import InputError
from heredity.ground.progress import SILENCE, Progress
from heredity.records.small_world import (
    CHANCE,
    FirstStep,
    FirstSteps,
    SmallWorldReport,
    SmallWorldRun,
    SmallWorldRuns,
    SmallWorldSpec,
)
from heredity.stats.controls import ControlOutcome, outcome_of
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_t
from heredity.studies.bench import steps_in
from heredity.training.digits import grow
from heredity.training.first_step import first_steps

NEAR_ONE = 0.1
"""First order holds while exact and predicted inner product differ by no more, on average."""
SHARED = frozenset({"width", "n_auxiliary", "batch_rows", "test_share"})
STUDENTS = SHARED | {"n_seeds", "teacher_steps", "teacher_rate", "student_steps", "student_rate"}
"""What the students depend on."""
THEOREM = SHARED | {"n_draws", "n_inputs", "step_sizes"}
"""What the theorem's check depends on."""
Group: TypeAlias = Literal["start", "teacher", "same", "other", "shuffled"]


def small_world(
    out: Path, spec: SmallWorldSpec | None = None, seed: str = "0", progress: Progress = SILENCE
) -> SmallWorldReport:
    """Return what students learn of digits from noise, and where the theorem's first order ends.

    Both halves are kept in `out/stages`; a stopped run makes the other only, to the same result. Raises InputError for
    step sizes that do not rise from above zero, MissingExtraError without scikit-learn, NonFiniteError where training
    diverges.
    """
    spec = spec or SmallWorldSpec()
    require_rising(spec.step_sizes)
    bench = steps_in(out, seed, progress)
    asked = {"spec": chosen(spec, STUDENTS)}
    world = bench.record("students", asked, SmallWorldRuns, lambda: grow(spec, seed, progress))
    asked = {"spec": chosen(spec, THEOREM)}
    steps = bench.record("theorem", asked, FirstSteps, lambda: first_steps(spec, seed, progress)).steps
    return reported(spec, seed, world, steps).model_copy(update={"provenance": bench.provenance()})


def reported(spec: SmallWorldSpec, seed: str, world: SmallWorldRuns, steps: tuple[FirstStep, ...]) -> SmallWorldReport:
    """Return both halves with their intervals and what these allow to be said."""
    same, other = over_seeds(world.runs, "same"), over_seeds(world.runs, "other")
    same_minus_other = paired(world.runs, "same", "other")
    same_minus_shuffled = paired(world.runs, "same", "shuffled")
    shuffled = over_seeds(world.runs, "shuffled")
    own_logits = outcome_of(same_minus_shuffled, shows_it=shuffled.low > CHANCE)
    first_order_until = last_before(steps, lambda step: abs(step.ratio.value - 1) > NEAR_ONE)
    never_negative_until = last_before(steps, lambda step: step.negative.value > 0)
    return SmallWorldReport(
        spec=spec,
        n_train=world.n_train,
        n_test=world.n_test,
        runs=world.runs,
        start=over_seeds(world.runs, "start"),
        teacher=over_seeds(world.runs, "teacher"),
        same=same,
        other=other,
        shuffled=shuffled,
        same_minus_other=same_minus_other,
        same_minus_shuffled=same_minus_shuffled,
        own_logits=own_logits,
        verdict=verdict(same, other, same_minus_other, own_logits),
        steps=steps,
        first_order_until=first_order_until,
        never_negative_until=never_negative_until,
        theorem=theorem(steps, first_order_until, never_negative_until),
        seed=seed,
    )


def require_rising(step_sizes: Sequence[float]) -> None:
    """Raise InputError unless the step sizes rise from above zero."""
    if not step_sizes or any(low >= high for low, high in pairwise((0.0, *step_sizes))):
        said = ", ".join(f"{size:g}" for size in step_sizes) or "none"
        raise InputError(f"step sizes must be above zero and rise, so that an end can be found; these are {said}")


def chosen(spec: SmallWorldSpec, fields: frozenset[str]) -> dict[str, object]:
    """Return some fields of a spec, for what depends on these alone."""
    return spec.model_dump(mode="json", include=set(fields))


def over_seeds(runs: Sequence[SmallWorldRun], group: Group) -> Estimate:
    """Return the mean accuracy of one group of networks, Student's t over seeds."""
    return mean_t([getattr(run, group) for run in runs])


def paired(runs: Sequence[SmallWorldRun], first: Group, second: Group) -> Estimate:
    """Return the mean over seeds of first minus second, Student's t."""
    return mean_t([getattr(run, first) - getattr(run, second) for run in runs])


def last_before(steps: Sequence[FirstStep], is_over: Callable[[FirstStep], bool]) -> float | None:
    """Return the largest step size before the first at which it is over; None when it is so at once."""
    before = list(takewhile(lambda step: not is_over(step), steps))
    return before[-1].step_size if before else None


def verdict(same: Estimate, other: Estimate, same_minus_other: Estimate, own_logits: ControlOutcome) -> str:
    """Return in words what the intervals allow to be said of the students."""
    said = f"accuracy {same}, against {other} from another; difference {same_minus_other}; a guess has {CHANCE:.2f}"
    if same_minus_other.high < 0:
        return f"Sharing the teacher's initialisation hindered learning from noise: {said}."
    if same_minus_other.low <= 0 or same.low <= CHANCE:
        return f"No inheritance is shown: {said}; more seeds, or more steps, may decide it."
    if own_logits == "fails":
        return (
            "Sharing the teacher's initialisation helps, but logits of other inputs teach it too, not clearly less: "
            f"{said}."
        )
    if own_logits == "not told apart":
        return (
            "Sharing the teacher's initialisation helps, but by which logits is not decided, for students are not told "
            f"apart from those of other inputs' logits: {said}; more seeds may decide it."
        )
    if other.low > CHANCE:
        return f"Digits crossed through noise, and not only to students of their teacher's initialisation: {said}."
    return f"Digits crossed through noise to students of their teacher's initialisation, to others not shown: {said}."


def theorem(steps: Sequence[FirstStep], first_order_until: float | None, never_negative_until: float | None) -> str:
    """Return in words what the draws allow to be said of Theorem 1, which speaks of small steps only."""
    smallest = steps[0]
    if first_order_until is None:
        return f"First order holds nowhere, not at a step size of {smallest.step_size:g}; Theorem 1 needs smaller ones."
    null = f"Where the teacher began elsewhere, they point apart in a share of {smallest.negative_elsewhere}."
    if never_negative_until is None or never_negative_until < first_order_until:
        return (
            f"Theorem 1 is contradicted: steps point apart where first order holds (to {first_order_until:g}). {null}"
        )
    return (
        f"Nothing speaks against Theorem 1: in none of {smallest.negative.n} draws do the student's first step and the "
        f"teacher's point apart, up to a step size of {never_negative_until:g}; first order is right within "
        f"{NEAR_ONE:.0%} up to {first_order_until:g}. {null}"
    )
