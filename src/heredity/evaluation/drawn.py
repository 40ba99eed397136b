"""Questions of procedural tasks, drawn from a seed by reasoning-gym, and its own scoring of answers.

In: a task's name with its settings, and a seed. Out: solved examples, and distinct questions with their right answers
and three wrong ones each. Does not: ask a model.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Final

from heredity.ground.errors import InputError, NothingKeptError, UnknownNameError
from heredity.ground.extras import require_extra
from heredity.ground.hashing import seed_from
from heredity.records.capability import CapabilitySpec, DrawnQuestion

EXTRA: Final = "capability"
N_WRONG: Final = 3
NEAR: Final = 10
"""How far a wrong number may lie from the right one."""
DRAWS: Final = 30
"""Draws for each question that is wanted: easy settings give the same question again and again."""
FEWEST: Final = 8
"""Questions below which a task says too little."""


@dataclass(frozen=True)
class Task:
    """A task as it was asked for."""

    asked: str
    name: str
    settings: Mapping[str, Any]

    def made(self, seed: int, n: int) -> Any:
        """Return the package's own data set. Raises UnknownNameError for a task, InputError for settings it refuses."""
        import reasoning_gym
        from reasoning_gym.factory import DATASETS

        if self.name not in DATASETS:
            raise UnknownNameError("task of reasoning-gym", self.name, DATASETS)
        try:
            return reasoning_gym.create_dataset(self.name, seed=seed, size=n, **self.settings)
        except (AssertionError, TypeError, ValueError) as error:
            fields = sorted(set(vars(DATASETS[self.name][1]())) - {"seed", "size"})
            raise InputError(
                f"the task '{self.asked}' cannot be drawn ({error}); its settings are: {', '.join(fields)}"
            ) from error


@dataclass(frozen=True)
class Drawn:
    """Questions of one task, and what scores answers to them."""

    task: Task
    spec: CapabilitySpec
    examples: tuple[DrawnQuestion, ...]
    questions: tuple[DrawnQuestion, ...]
    entries: Mapping[str, Any]
    """The package's own entries, by a question's name."""
    marks: Any
    """The package's own data set, which scores."""

    def is_right(self, question: DrawnQuestion, said: str) -> bool:
        """Whether the task's own scorer gives an answer full marks."""
        return is_right(self.marks, self.entries[question.name], said)


def task_of(asked: str) -> Task:
    """Return the task that a text names: `chain_sum`, or `chain_sum:max_terms=2,max_digits=1`.

    Raises InputError for settings that are no NAME=VALUE.
    """
    name, _, rest = asked.partition(":")
    pairs = [part.partition("=") for part in rest.split(",") if part.strip()]
    if any(not field.strip() or not value.strip() for field, _, value in pairs):
        raise InputError(f"'{asked}' is not TASK:SETTING=VALUE,...: chain_sum:max_terms=2,max_digits=1")
    return Task(asked, name.strip(), {field.strip(): _value(value.strip()) for field, _, value in pairs})


def drawn_tasks(spec: CapabilitySpec, seed: str) -> tuple[Drawn, ...]:
    """Return the questions of every task that is asked for; needs no model.

    Raises MissingExtraError without the package, UnknownNameError for a task that it has not, InputError for settings
    that it refuses, NothingKeptError for a task with fewer than 8 questions.
    """
    if spec.tasks:
        require_extra(EXTRA)
    return tuple(drawn(task_of(asked), spec, seed) for asked in dict.fromkeys(spec.tasks))


def source() -> str:
    """Return which package draws, and its version."""
    return f"reasoning-gym {metadata.version('reasoning-gym')}"


def drawn(task: Task, spec: CapabilitySpec, seed: str) -> Drawn:
    """Return solved examples and distinct questions, none in both; the same seed draws the same ones.

    Fewer questions than asked for, where the settings give no more. Raises NothingKeptError for fewer than 8.
    """
    wanted = spec.n_examples + spec.n_questions
    marks = task.made(seed_from(seed, "task", task.asked) % 2**31, DRAWS * wanted)
    entries = [entry for entry, _ in zip(distinct(marks), range(wanted), strict=False)]
    if len(entries) < spec.n_examples + FEWEST:
        raise NothingKeptError(
            f"'{task.asked}' gives {len(entries)} distinct questions; it takes {spec.n_examples} for examples and "
            f"{FEWEST} to ask: make the task harder"
        )
    chance = random.Random(seed_from(seed, "wrong answers", task.asked))
    answers = [str(entry["answer"]) for entry in entries]
    every = tuple(
        DrawnQuestion(
            name=f"{task.asked}-{place + 1:03d}",
            question=str(entry["question"]),
            answer=answer,
            wrong=wrong(marks, entry, answers, chance),
        )
        for place, (entry, answer) in enumerate(zip(entries, answers, strict=True))
    )
    by_name = {question.name: entry for question, entry in zip(every, entries, strict=True)}
    return Drawn(task, spec, every[: spec.n_examples], every[spec.n_examples :], by_name, marks)


def distinct(entries: Any) -> Iterator[dict[str, Any]]:
    """Go through a data set's entries, each question once."""
    seen: set[str] = set()
    for entry in entries:
        if entry["question"] not in seen:
            seen.add(entry["question"])
            yield entry


def wrong(marks: Any, entry: dict[str, Any], answers: list[str], chance: random.Random) -> tuple[str, ...]:
    """Return three wrong answers: near a right one that is a whole number, else right ones of other questions.

    None where fewer than three are to be had.
    """
    right = str(entry["answer"])
    others = near(right) or sorted(set(answers) - {right})
    chance.shuffle(others)
    found = [other for other in others if not is_right(marks, entry, other)][:N_WRONG]
    return tuple(found) if len(found) == N_WRONG else ()


def near(right: str) -> list[str]:
    """Return the whole numbers near one, itself left out; nothing for what is no whole number."""
    try:
        number = int(right)
    except ValueError:
        return []
    return [str(number + by) for by in range(-NEAR, NEAR + 1) if by]


def is_right(marks: Any, entry: dict[str, Any], said: str) -> bool:
    """Whether the package's scorer gives full marks; where the right answer stands among others it gives a part."""
    return float(marks.score_answer(said, entry)) >= 1.0


def _value(text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
