"""From what every run shows to what may be said of each defence.

In: the runs of every arm. Out: a contest with its figures and its words. Does not: run anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from heredity.ground.errors import MismatchError
from heredity.ground.hashing import seed_from
from heredity.records.arena import ArenaMeasure, Contest, SideEffects, Standing, Taught
from heredity.records.audit import Arm, Run
from heredity.records.evaluation import Scores
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import mean_t
from heredity.studies.arena.advice import advice_of, verdict_of
from heredity.studies.arms import of_sides, removed_by

Reads = Callable[[Run, SideEffects], Scores]
MEASURES: Mapping[ArenaMeasure, Reads] = {
    "expression": lambda run, _: run.evaluation.expression_scores,
    "benign_log_p": lambda run, _: run.evaluation.benign_scores,
    "accuracy": lambda run, _: run.evaluation.choice_scores,
    "task": lambda _, beside: beside.task,
    "cued": lambda _, beside: beside.cued,
}


@dataclass(frozen=True)
class Fought:
    """All that was run on one set of rows."""

    arms: tuple[Arm, ...]
    beside: Mapping[str, tuple[SideEffects, ...]]

    def arm(self, name: str) -> Arm:
        """Return one arm."""
        return next(arm for arm in self.arms if arm.name == name)

    def differences(self, treated: str, control: str, seed: str) -> dict[ArenaMeasure, Estimate]:
        """Return one arm less another in every measure that both have."""
        found = {name: self.difference(treated, control, reads, seed) for name, reads in MEASURES.items()}
        return {name: one for name, one in found.items() if one is not None}

    def difference(self, treated: str, control: str, reads: Reads, seed: str) -> Estimate | None:
        """Return one arm less another, paired by run and question; None where they share too little."""
        sides = [
            (reads(first, one), reads(second, other))
            for first, one, second, other in zip(
                self.arm(treated).runs,
                self.beside[treated],
                self.arm(control).runs,
                self.beside[control],
                strict=True,
            )
        ]
        if not all(a and b for a, b in sides):
            return None
        try:
            return of_sides(sides, seed_from(seed, "arena", treated, control))
        except MismatchError:
            return None

    def toward(self, name: str, seed: str) -> dict[str, Estimate]:
        """Return how far an arm moved from the base along every trait's vector."""
        found = {}
        for trait in self.beside[name][0].toward:
            moved = self.difference(name, "base", lambda _, beside, trait=trait: beside.toward[trait], seed)  # type: ignore[misc]
            if moved is not None:
                found[trait] = moved
        return found


def concluded(taught: Taught, fought: Fought, seed: str) -> Contest:
    """Return the contest with its figures and its words."""
    beside_base = fought.differences("plain", "base", seed)
    rise, learned = beside_base["expression"], beside_base["task"]
    contest = Contest(
        taught=taught,
        rise=rise,
        learned=learned,
        standings=tuple(standing(fought, arm, rise, seed) for arm in fought.arms if arm.name != "base"),
        verdict="",
        advice=(),
        arms=fought.arms,
        beside=dict(fought.beside),
    )
    return contest.model_copy(update={"verdict": verdict_of(contest), "advice": advice_of(contest)})


def standing(fought: Fought, arm: Arm, rise: Estimate, seed: str) -> Standing:
    """Return one arm in figures."""
    is_plain = arm.name == "plain"
    twin = next((other.name for other in fought.arms if other.spec.twin_of == arm.name), None)
    return Standing(
        arm=arm.spec,
        n_rows=arm.n_rows,
        beside_base=fought.differences(arm.name, "base", seed),
        beside_plain={} if is_plain else fought.differences(arm.name, "plain", seed),
        removed=None if is_plain else removed_by(arm.name, fought.arms, rise),
        beyond_twin=fought.difference(arm.name, twin, MEASURES["expression"], seed) if twin else None,
        toward=fought.toward(arm.name, seed),
        seconds=None if is_plain or arm.spec.afterwards else slower(arm.runs, fought.arm("plain").runs),
    )


def slower(runs: Sequence[Run], plain: Sequence[Run]) -> Estimate | None:
    """Return an arm's training time a step over the plain one's, seed by seed; None for fewer than two."""
    pairs = [(a.student, b.student) for a, b in zip(runs, plain, strict=True)]
    ratios = [(a.seconds / a.n_steps) / (b.seconds / b.n_steps) for a, b in pairs if a and b and b.seconds > 0]
    return mean_t(np.array(ratios)) if len(ratios) > 1 else None
