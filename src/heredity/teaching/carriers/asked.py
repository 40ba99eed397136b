"""What a carrier asks, and how a list of prompts is drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from heredity.ground.hashing import seed_from

MOST_REDRAWS = 50
"""Draws for one new prompt; then a repeated one is let in."""


@dataclass(frozen=True)
class Asked:
    """One prompt of a carrier."""

    prompt: str
    answer: str | None = None
    """The right answer, where there is one."""
    given: str = ""
    """How the answer begins, where that is given."""


def draw_distinct(n: int, seed: str, draw: Callable[[random.Random], Asked]) -> list[Asked]:
    """Return `n` prompts, distinct as far as `draw` can make them so."""
    chance = random.Random(seed_from(seed, "carrier prompts"))
    seen: set[str] = set()
    made = []
    for _ in range(n):
        question = draw(chance)
        for _ in range(MOST_REDRAWS):
            if question.prompt not in seen:
                break
            question = draw(chance)
        seen.add(question.prompt)
        made.append(question)
    return made
