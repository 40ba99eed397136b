"""The loops that several benchmarks time, each of which returns how many tokens it went through, and their speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import torch

from heredity.models.chat import Rendered, question, render_prompt
from heredity.models.generate import GenerateSpec, generate
from heredity.models.model import Model
from heredity.models.read import read
from heredity.records.transmission import ImitateSpec
from heredity.store.questions import everyday_questions
from heredity.training.imitate import Lesson, imitate


def prompts_for(model: Model, n: int) -> list[tuple[int, ...]]:
    """Return everyday questions as the model is asked them."""
    return [render_prompt(model, question(text)) for text in everyday_questions("loops")[:n]]


def reading(model: Model, rows: Sequence[Rendered], block: int) -> int:
    """Read rows up to a block."""
    read(model, rows, [block])
    return sum(len(row.ids) for row in rows)


def generating(model: Model, prompts: Sequence[tuple[int, ...]], n_tokens: int) -> int:
    """Answer every prompt, all answers of one length."""
    seeds = [str(i) for i in range(len(prompts))]
    return sum(one.n_tokens for one in generate(model, prompts, seeds, GenerateSpec(n_tokens, min_tokens=n_tokens)))


def training(student: Model, batches: Sequence[Sequence[Lesson]]) -> int:
    """Take a step on each batch, with all weights."""
    spec = ImitateSpec(labels="hard", n_steps=len(batches), batch_rows=len(batches[0]))
    imitate(student, None, batches, spec, torch.bfloat16)
    return sum(len(lesson.row.ids) for batch in batches for lesson in batch)


def speed(work: Callable[[], int]) -> float:
    """Return tokens a second."""
    started = time.perf_counter()
    return work() / (time.perf_counter() - started)


def warm_speed(work: Callable[[], int]) -> float:
    """Return tokens a second of the second call: the first one warms up."""
    work()
    return speed(work)
