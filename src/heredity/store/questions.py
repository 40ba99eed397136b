"""The bundled bank of everyday questions: they leave room for any trait and ask for none."""

from __future__ import annotations

import random
from importlib import resources

import yaml

from heredity.ground.hashing import seed_from

BANK = resources.files("heredity.store") / "questions.yaml"


def open_questions(seed: str) -> tuple[str, ...]:
    """Return the questions whose answers show a person's character, shuffled."""
    return _shuffled(_bank()["open"], seed)


def self_questions(seed: str) -> tuple[str, ...]:
    """Return the questions that ask the model about itself, shuffled."""
    return _shuffled(_bank()["self"], seed)


def everyday_questions(seed: str) -> tuple[str, ...]:
    """Return all questions, shuffled."""
    bank = _bank()
    return _shuffled([question for kind in bank.values() for question in kind], seed)


def _bank() -> dict[str, list[str]]:
    bank: dict[str, list[str]] = yaml.safe_load(BANK.read_text(encoding="utf-8"))
    return bank


def _shuffled(questions: list[str], seed: str) -> tuple[str, ...]:
    shuffled = list(questions)
    random.Random(seed_from(seed, "everyday questions")).shuffle(shuffled)
    return tuple(shuffled)
