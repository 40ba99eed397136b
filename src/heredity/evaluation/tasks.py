"""Drawn tasks: the same questions put to a model, or to a student and its base, and what each gets right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heredity.evaluation.drawn import N_WRONG, Drawn, source
from heredity.evaluation.evaluate import Steered, under_test
from heredity.ground.hashing import seed_from
from heredity.ground.progress import SILENCE, Progress
from heredity.models.chat import question, render, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.likelihood import log_likelihood
from heredity.models.model import Model
from heredity.records.capability import DrawnQuestion, TaskAnswers, TaskReport, TaskScores
from heredity.records.dialogue import Turn
from heredity.records.evaluation import EvalReport
from heredity.records.student import Student
from heredity.stats.compare import paired_difference
from heredity.stats.estimate import Estimate
from heredity.stats.intervals import cluster_mean


def with_tasks(
    report: EvalReport,
    subject: Student | Model | Steered,
    model: Model,
    tasks: Sequence[Drawn],
    progress: Progress = SILENCE,
) -> EvalReport:
    """Return the report with what the subject gets right of drawn tasks, beside its base `model` on the same
    questions.
    """
    if not tasks:
        return report
    with under_test(model, subject) as tested:
        after = [answered(tested, task, progress) for task in tasks]
    is_base = isinstance(subject, Model)
    before = [None if is_base else answered(model, task, progress) for task in tasks]
    found = zip(tasks, after, before, strict=True)
    return report.model_copy(update={"tasks": tuple(task_report(*one, seed=report.seed) for one in found)})


def answered(model: Model, task: Drawn, progress: Progress) -> TaskAnswers:
    """Return what a model says to a task's questions, greedily, and which of four answers it finds likeliest."""
    asked = [behind_examples(task.examples, one) for one in task.questions]
    made = generate(
        model,
        [render_prompt(model, turns) for turns in asked],
        [one.name for one in task.questions],
        GenerateSpec(n_tokens=task.spec.n_tokens, temperature=0.0),
        f"answering {task.task.name}",
        progress,
    )
    said = tuple(answer.text.strip() for answer in made)
    right = {one.name: (float(task.is_right(one, text)),) for one, text in zip(task.questions, said, strict=True)}
    return TaskAnswers(said=said, solved=right, chosen=chosen(model, task.questions, asked, progress))


def behind_examples(examples: Sequence[DrawnQuestion], asked: DrawnQuestion) -> tuple[Turn, ...]:
    """Return the turns of solved examples, and the question after them."""
    solved = [(*question(one.question), Turn(role="assistant", content=one.answer)) for one in examples]
    return (*(turn for both in solved for turn in both), *question(asked.question))


def chosen(
    model: Model, questions: Sequence[DrawnQuestion], asked: Sequence[tuple[Turn, ...]], progress: Progress
) -> TaskScores:
    """Return 1 or 0 for every question that has wrong answers: is the right one the likeliest, by its whole log p?"""
    offered = [(one, turns) for one, turns in zip(questions, asked, strict=True) if one.wrong]
    if not offered:
        return {}
    rows = [render(model, turns, answer) for one, turns in offered for answer in (one.answer, *one.wrong)]
    total = log_likelihood(model, rows, label="four answers to each", progress=progress).total.reshape(-1, 1 + N_WRONG)
    # a tie is no choice: a model that finds all four alike has not found the right one
    return {one.name: (float(scores[0] > np.max(scores[1:])),) for (one, _), scores in zip(offered, total, strict=True)}


def task_report(task: Drawn, answers: TaskAnswers, before: TaskAnswers | None, seed: str) -> TaskReport:
    """Return a task's shares with their intervals, and the paired changes where there is a base."""
    draw = seed_from(seed, "tasks", task.task.asked)
    return TaskReport(
        task=task.task.asked,
        source=source(),
        questions=task.questions,
        answers=answers,
        before=before,
        solved=cluster_mean(list(answers.solved.values()), draw),
        chosen=cluster_mean(list(answers.chosen.values()), draw) if len(answers.chosen) > 1 else None,
        solved_change=change(answers.solved, before.solved, draw) if before else None,
        chosen_change=change(answers.chosen, before.chosen, draw) if before else None,
    )


def change(after: TaskScores, before: TaskScores, seed: int) -> Estimate | None:
    """Return the paired difference by question; None where fewer than two were scored."""
    return paired_difference(after, before, seed) if len(after) > 1 else None
