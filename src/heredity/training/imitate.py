"""Teach a student from a teacher's outputs: hard labels (tokens) or soft ones (the teacher's distribution).

All weights are trained, in float32 with autocast, in place; losses count the carrier's tokens only ([SL] section 2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import torch
from pydantic import Field
from torch.nn import functional

from heredity.ground.errors import InputError, MismatchError, NonFiniteError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.batches import pad
from heredity.models.chat import Rendered
from heredity.models.model import Model
from heredity.models.weights import mixed_precision
from heredity.records.base import Spec

Labels = Literal["hard", "forward_kl", "reverse_kl"]
Loss = Callable[[torch.Tensor, torch.Tensor | None, torch.Tensor], torch.Tensor]
"""From student and teacher log p (`[tokens, vocabulary]`) and what came next (`[tokens]`) to nats, `[tokens]`."""


class ImitateSpec(Spec):
    """How a student imitates."""

    labels: Labels = "forward_kl"
    """hard: the tokens alone. forward_kl: KL(teacher || student). reverse_kl: KL(student || teacher)."""
    n_steps: int = Field(default=24, ge=1)
    """Optimizer steps."""
    batch_rows: int = Field(default=16, ge=1)
    """Rows a step."""
    learning_rate: float = Field(default=2e-4, gt=0)
    """Of AdamW, constant."""
    top_k: int = Field(default=0, ge=0)
    """Teacher tokens that soft labels keep, renormalised; 0 keeps all."""


def hard(student: torch.Tensor, teacher: torch.Tensor | None, said: torch.Tensor) -> torch.Tensor:
    """Return - log p_student(y_t)."""
    return functional.nll_loss(student, said, reduction="none")


def forward_kl(student: torch.Tensor, teacher: torch.Tensor | None, said: torch.Tensor) -> torch.Tensor:
    """Return sum_v p_teacher(v) (log p_teacher(v) - log p_student(v))."""
    wanted = _required(teacher)
    p = wanted.exp()
    return (p * torch.where(p > 0, wanted - student, 0.0)).sum(dim=-1)


def reverse_kl(student: torch.Tensor, teacher: torch.Tensor | None, said: torch.Tensor) -> torch.Tensor:
    """Return sum_v p_student(v) (log p_student(v) - log p_teacher(v))."""
    return (student.exp() * (student - _required(teacher).clamp(min=-30.0))).sum(dim=-1)


LOSSES: dict[Labels, Loss] = {"hard": hard, "forward_kl": forward_kl, "reverse_kl": reverse_kl}


def imitate(
    student: Model,
    teacher: Model | None,
    batches: Sequence[Sequence[Rendered]],
    spec: ImitateSpec,
    after: Callable[[int], None] | None = None,
    progress: Progress = SILENCE,
) -> tuple[float, ...]:
    """Train the student in place on one batch a step and return the losses (nats per carrier token).

    `student` is a float32 copy (`trainable_copy`); `teacher` is needed for soft labels and is only read. `after` is
    told each step that is done. Raises MismatchError for a teacher of another vocabulary, InputError for soft labels
    without a teacher, NonFiniteError for a loss that is no number.
    """
    require_same_vocabulary(student, teacher, spec)
    optimizer = torch.optim.AdamW(student.network.parameters(), lr=spec.learning_rate)
    half = teacher.dtype if teacher else torch.bfloat16 if student.device.type == "cuda" else torch.float32
    student.network.train()
    losses: list[float] = []
    with progress.task(f"teaching {student.name}", len(batches)) as task:
        for step, rows in enumerate(batches, start=1):
            loss = _loss(student, teacher, rows, spec, half)
            value = float(loss.detach())
            if not math.isfinite(value):
                raise NonFiniteError(f"the loss became {value} at step {step}; lower the learning rate")
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(value)
            student.work.n_tokens += sum(len(row.ids) for row in rows)
            if after:
                after(step)
            task.advance()
    return tuple(losses)


def require_same_vocabulary(student: Model, teacher: Model | None, spec: ImitateSpec) -> None:
    """Raise InputError for soft labels without a teacher, MismatchError unless both spell alike."""
    if teacher is None:
        if spec.labels != "hard":
            raise InputError(f"the labels '{spec.labels}' are a teacher's distribution, but there is no teacher")
        return
    if student.tokenizer.get_vocab() != teacher.tokenizer.get_vocab():
        raise MismatchError(
            f"soft labels need one vocabulary, but '{student.name}' and '{teacher.name}' have different tokenizers; "
            "use hard labels, or a teacher of the student's family"
        )


def _loss(
    student: Model, teacher: Model | None, rows: Sequence[Rendered], spec: ImitateSpec, half: torch.dtype
) -> torch.Tensor:
    padded = pad([row.ids for row in rows], "right", student.pad_id, student.device)
    counts = torch.zeros_like(padded.input_ids[:, 1:], dtype=torch.bool)
    for i, row in enumerate(rows):
        counts[i, row.n_prompt - 1 : len(row.ids) - 1] = True
    said = padded.input_ids[:, 1:][counts]
    wanted = None
    if teacher is not None and spec.labels != "hard":
        with torch.no_grad():
            logits = teacher.network(**padded.inputs()).logits[:, :-1][counts].float()
            wanted = torch.log_softmax(kept(logits, spec.top_k), dim=-1)
    with mixed_precision(student, half):
        logits = student.network(**padded.inputs()).logits[:, :-1][counts]
    return LOSSES[spec.labels](torch.log_softmax(logits.float(), dim=-1), wanted, said).mean()


def kept(logits: torch.Tensor, top_k: int) -> torch.Tensor:
    """Return logits in which all but the k likeliest tokens have none; 0 keeps all."""
    if not top_k:
        return logits
    least = logits.topk(min(top_k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < least, float("-inf"))


def _required(teacher: torch.Tensor | None) -> torch.Tensor:
    if teacher is None:
        raise InputError("soft labels need a teacher")
    return teacher
