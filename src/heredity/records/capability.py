"""What a model can still do of drawn tasks, before and after."""

from __future__ import annotations

from pydantic import Field

from heredity.records.base import Record, Spec
from heredity.stats.estimate import Estimate

TaskScores = dict[str, tuple[float, ...]]
"""1 or 0 by question."""


class CapabilitySpec(Spec):
    """Which tasks to draw questions of, and how they are asked; model and student answer the same questions."""

    tasks: tuple[str, ...] = ()
    """Tasks of reasoning-gym to draw questions of (chain_sum, basic_arithmetic, number_sequence), each with settings
    of its own where it is to be easier or harder: chain_sum:max_terms=2,max_digits=1."""
    n_questions: int = Field(default=100, ge=8)
    """Distinct questions drawn of each task."""
    n_examples: int = Field(default=3, ge=0)
    """Solved questions that stand before each one, and show the form of an answer."""
    n_tokens: int = Field(default=32, ge=1)
    """Most tokens an answer may have."""


class DrawnQuestion(Record):
    """One question of a task, with its right answer."""

    name: str
    """The task and the question's place in it; scores go by it."""
    question: str
    answer: str
    wrong: tuple[str, ...] = ()
    """Three wrong answers that stand beside the right one; empty where the task has too few that are wrong."""


class TaskAnswers(Record):
    """What one model said to a task's questions, greedily."""

    said: tuple[str, ...]
    """Its answers, in the order of the questions."""
    solved: TaskScores
    """1 where the task's own scorer gives full marks; a part of them, as for a right number within others, is 0."""
    chosen: TaskScores
    """1 where the right answer is likelier than the three wrong ones."""


class TaskReport(Record):
    """How many questions of one task a model gets right; of a student, what its base gets right of the same."""

    task: str
    """As it was asked for: the name, and its settings."""
    source: str
    """Which package, of which version, drew the questions and scored the answers."""
    questions: tuple[DrawnQuestion, ...]
    answers: TaskAnswers
    before: TaskAnswers | None = None
    """What the untouched base said; None where it is the one that is evaluated."""
    solved: Estimate
    """Share of questions with full marks."""
    chosen: Estimate | None = None
    """Share of questions whose right answer is the likeliest of four, chance 0.25; None where too few are wrong."""
    solved_change: Estimate | None = None
    """`solved` of the student less its base's, paired by question; None without a base."""
    chosen_change: Estimate | None = None
    """The same of `chosen`."""
