"""The arms of a study of preferences: which pairs each learns in each run, and what holds it meanwhile.

A random half of the pairs turned round is the control, and not a random selection of them: the selection's pairs would
still say what is preferred. Turned, the texts are the same, chosen and rejected sides are drawn by luck, and no
preference is left in them. The half is drawn anew for every run, so that what luck leaves in one of them is spread over
runs and stands in the interval. Of a selection the question is another, namely what selecting does: its control is as
many pairs at random, each as it is.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from heredity.ground.errors import InputError
from heredity.ground.hashing import seed_from
from heredity.records.audit import ArmSpec
from heredity.records.feedback import CONTROL, LEAST_PAIRS, TRAINED, Selection
from heredity.records.preference import Preferences
from heredity.records.vector import TraitVector
from heredity.studies.arms import Plan, random_twin


@dataclass(frozen=True)
class PairPlan(Plan):
    """What one arm learns."""

    pairs: Preferences | None = None
    """None: no training, the base model."""
    n_drawn: int = 0
    """How many of them, where they are drawn at random."""

    def learned(self, seed: str) -> Preferences | None:
        """Return the pairs of one run."""
        if self.pairs is None:
            return None
        lines = [pair.line for pair in self.pairs.pairs]
        chance = random.Random(seed_from(seed, "feedback", self.spec.rows))
        if self.spec.rows == "turned":
            return self.pairs.turned(set(chance.sample(lines, len(lines) // 2)))
        if self.spec.rows == "random":
            return self.pairs.subset(set(chance.sample(lines, self.n_drawn)))
        return self.pairs


def plans_of(
    arms: Sequence[ArmSpec], pairs: Preferences, selection: Selection | None, vector: TraitVector, seed: str = "0"
) -> tuple[PairPlan, ...]:
    """Return the plan of every arm, in their order."""
    kept = pairs.subset(selection.lines) if selection else pairs
    directions = {"trait": vector, "random": random_twin(vector, seed)}
    of_rows = {"none": None, "all": pairs, "kept": kept, "random": pairs, "turned": pairs}
    return tuple(
        PairPlan(
            arm,
            None,
            (directions[arm.along],) if arm.defence else (),
            pairs=of_rows[arm.rows],
            n_drawn=len(kept.pairs),
        )
        for arm in arms
    )


def against(arms: Sequence[ArmSpec]) -> list[tuple[str, str]]:
    """Return which arm is set against which: all against the base and the control, defended ones against trained."""
    others = [arm.name for arm in arms if arm.rows != "none"]
    held = [arm.name for arm in arms if arm.defence]
    return [
        *((name, "base") for name in others),
        *((name, CONTROL) for name in (TRAINED, *held)),
        *((name, TRAINED) for name in held),
        *((arm.twin_of, arm.name) for arm in arms if arm.twin_of),
    ]


def require_enough(n: int, what: str = "pairs to learn") -> None:
    """Raise InputError for fewer pairs than can show anything."""
    if n < LEAST_PAIRS:
        raise InputError(
            f"there are {n} {what}, and {LEAST_PAIRS} are needed: fewer say too little of what is preferred; bring "
            "more pairs, or select a larger share"
        )
