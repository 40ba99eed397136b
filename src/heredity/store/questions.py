"""The bundled bank of everyday questions: they leave room for any trait and ask for none."""

from __future__ import annotations

import random
from importlib import resources

import yaml

from heredity.ground.hashing import seed_from

BANK = resources.files("heredity.store") / "questions.yaml"


def everyday_questions(seed: str | None = None) -> tuple[str, ...]:
    """Return the bank's questions, in its own order or shuffled by a seed."""
    questions = list(yaml.safe_load(BANK.read_text(encoding="utf-8"))["questions"])
    if seed is not None:
        random.Random(seed_from(seed, "everyday questions")).shuffle(questions)
    return tuple(questions)
