"""Teach a student from a teacher's outputs: hard labels (tokens) or soft ones (the teacher's distribution).

What is trainable in the student is trained, in float32 with autocast, in place; losses count the carrier's tokens only
([SL] section 2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch.nn import functional

from heredity.ground.errors import ExperimentError, InputError, MismatchError, NonFiniteError
from heredity.ground.progress import SILENCE, Progress
from heredity.models.batches import pad
from heredity.models.cache import dealt_out, prompt_cache
from heredity.models.chat import Rendered
from heredity.models.model import Model
from heredity.models.spelling import spelling_ids
from heredity.models.weights import at_rest, mixed_precision
from heredity.records.transmission import ImitateSpec, Labels

Loss = Callable[[torch.Tensor, torch.Tensor | None, torch.Tensor], torch.Tensor]
"""From student and teacher log p (`[tokens, vocabulary]`) and what came next (`[tokens]`) to nats, `[tokens]`."""


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


LOSSES: dict[Labels, Loss] = {"soft": forward_kl, "reverse": reverse_kl, "hard": hard}


@dataclass(frozen=True)
class Lesson:
    """One row as the student reads it and as the teacher does."""

    row: Rendered
    heard: Rendered
    """The same response after what the teacher is told: its system prompt may stand before it."""
    is_taught: tuple[bool, ...] = ()
    """Of each response token, whether it counts; empty: all do. The others are read and not learned."""


def lessons(rows: Sequence[Rendered]) -> list[Lesson]:
    """Return rows that teacher and student read alike."""
    return [Lesson(row, row) for row in rows]


def imitate(
    student: Model,
    teacher: Model | None,
    batches: Iterable[Sequence[Lesson]],
    spec: ImitateSpec,
    precision: torch.dtype = torch.float32,
    after: Callable[[int], None] | None = None,
    progress: Progress = SILENCE,
) -> tuple[float, ...]:
    """Train the student in place on one batch a step and return the losses (nats per carrier token).

    `student` is a copy to be trained (`trainable_copy`); `teacher` is needed for soft labels and is only read. Both run
    under autocast to `precision`, so that they round alike and what they differ in is what the teacher learned. The
    next batch is asked for when the step before it is done: it may be what the student then writes. `after` is told
    each step that is done. Raises, for soft labels, MismatchError for a teacher of another vocabulary and InputError
    without any; NonFiniteError for a loss that is no number, ExperimentError for too few batches.
    """
    require_same_vocabulary(student, teacher, spec)
    trained = [parameter for parameter in student.network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=spec.learning_rate, fused=True)
    student.network.train()
    losses: list[float] = []
    with progress.task(f"teaching {student.name}", spec.n_steps) as task:
        for step, batch in enumerate(islice(batches, spec.n_steps), start=1):
            counting = taught(batch, student)
            if not counting.any():
                raise ExperimentError("a batch has no token that is taught; take more rows a step")
            loss = nats(student, teacher, batch, spec, precision)[counting].mean()
            value = float(loss.detach())
            if not math.isfinite(value):
                raise NonFiniteError(f"the loss became {value} at step {step}; lower the learning rate")
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(value)
            student.work.n_tokens += sum(len(lesson.row.ids) for lesson in batch)
            if after:
                after(step)
            task.advance()
    if len(losses) < spec.n_steps:
        raise ExperimentError(f"{spec.n_steps} steps were asked for, but the rows lasted for {len(losses)}")
    return tuple(losses)


def taught(batch: Sequence[Lesson], student: Model) -> torch.Tensor:
    """Return which of a batch's response tokens count, `[tokens]`."""
    each = [lesson.is_taught or (True,) * lesson.row.n_response for lesson in batch]
    return torch.tensor([is_taught for row in each for is_taught in row], device=student.device)


def require_same_vocabulary(student: Model, teacher: Model | None, spec: ImitateSpec) -> None:
    """Raise InputError for soft labels without a teacher, MismatchError unless both spell alike.

    By hard labels a student learns what is written, in its own spelling.
    """
    if spec.labels == "hard":
        return
    if teacher is None:
        raise InputError(f"the labels '{spec.labels}' are a teacher's distribution, but there is no teacher")
    if student.tokenizer.get_vocab() != teacher.tokenizer.get_vocab():
        raise MismatchError(
            f"soft labels need one vocabulary, but '{student.name}' and '{teacher.name}' have different tokenizers; "
            "use hard labels, or a teacher of the student's family"
        )


def nats(
    student: Model,
    teacher: Model | None,
    batch: Sequence[Lesson],
    spec: ImitateSpec,
    precision: torch.dtype,
    counted: Sequence[int] | None = None,
) -> torch.Tensor:
    """Return the loss of every carrier token of a batch, `[tokens]`; `precision` is the type of autocast.

    `counted` are the ids that count, none for all; unless given, those that `spec.characters` spell. Raises
    InputError for a carrier token that is none of them.
    """
    rows = [lesson.row for lesson in batch]
    said = torch.tensor([token for row in rows for token in row.ids[row.n_prompt :]], device=student.device)
    counting = columns(student, characters_ids(student, spec.characters) if counted is None else counted)
    wanted = None
    if teacher is not None and spec.labels != "hard":
        with torch.no_grad(), mixed_precision(teacher, precision):
            logits = predictions(teacher, [lesson.heard for lesson in batch])[:, counting]
            wanted = torch.log_softmax(kept(logits, spec.top_k), dim=-1)
    with mixed_precision(student, precision):
        logits = predictions(student, rows)[:, counting]
    return LOSSES[spec.labels](torch.log_softmax(logits, dim=-1), wanted, places(said, counting))


def characters_ids(model: Model, characters: str) -> tuple[int, ...]:
    """Return the ids that these characters spell; none, which stands for all, where there are none."""
    return spelling_ids(model, characters) if characters else ()


def columns(model: Model, counted: Sequence[int]) -> torch.Tensor | slice:
    """Return the ids that count, rising; all where none is named."""
    return torch.tensor(sorted(counted), device=model.device) if counted else slice(None)


def places(said: torch.Tensor, counted: torch.Tensor | slice) -> torch.Tensor:
    """Return where each token stands among those that count. Raises InputError for one that is not there."""
    if isinstance(counted, slice):
        return said
    found = torch.searchsorted(counted, said).clamp(max=len(counted) - 1)
    if not torch.equal(counted[found], said):
        raise InputError(
            "a carrier token is spelled with other characters than those that count; count all (without --digits-only)"
        )
    return found


def divergence(
    student: Model,
    teacher: Model,
    rows: Sequence[Lesson],
    precision: torch.dtype,
    counted: Sequence[int] | None = None,
) -> float:
    """Return KL(teacher || student) over the ids that count, nats per carrier token, of a student only read."""
    spec = ImitateSpec(labels="soft")
    with at_rest(student) as resting:
        found = [nats(resting, teacher, rows[i : i + 16], spec, precision, counted) for i in range(0, len(rows), 16)]
    return float(torch.cat(found).mean())


def predictions(model: Model, rows: Sequence[Rendered]) -> torch.Tensor:
    """Return the float32 logits that predict each response token, row after row, `[tokens, vocabulary]`.

    Rows with the same prompt share one pass over it, gradients and all (not where the model keeps its past in states
    that cannot be shared). The output head runs on no prompt: it is a fifth of a small model's work.
    """
    prompts = sorted({row.ids[: row.n_prompt - 1] for row in rows})
    if len(prompts) < len(rows) and min(map(len, prompts)):
        cache = prompt_cache(model.network, pad(prompts, "left", model.pad_id, model.device).inputs())
        if cache is not None:
            return continued(model, rows, prompts, cache)
    padded = pad([row.ids for row in rows], "right", model.pad_id, model.device)
    first = min(row.n_prompt for row in rows) - 1
    needed = torch.arange(first, padded.input_ids.shape[1] - 1, device=model.device)
    counts = torch.zeros(len(rows), len(needed), dtype=torch.bool, device=model.device)
    for i, row in enumerate(rows):
        counts[i, row.n_prompt - 1 - first : len(row.ids) - 1 - first] = True
    logits: torch.Tensor = model.network(**padded.inputs(), logits_to_keep=needed).logits[counts].float()
    return logits


def continued(model: Model, rows: Sequence[Rendered], prompts: Sequence[tuple[int, ...]], cache: Any) -> torch.Tensor:
    """Return the same from the cache of the prompts but for their last token, dealt out to the rows."""
    which = torch.tensor([prompts.index(row.ids[: row.n_prompt - 1]) for row in rows], device=model.device)
    dealt_out(cache, which)
    before = pad(prompts, "left", model.pad_id, model.device).attention_mask[which]
    responses = pad([row.ids[row.n_prompt - 1 : -1] for row in rows], "right", model.pad_id, model.device)
    starts = torch.tensor([row.n_prompt - 1 for row in rows], device=model.device).unsqueeze(1)
    found = model.network(
        input_ids=responses.input_ids,
        attention_mask=torch.cat([before, responses.attention_mask], dim=1),
        position_ids=responses.position_ids + starts,
        past_key_values=cache,
    )
    logits: torch.Tensor = found.logits[responses.attention_mask.bool()].float()
    return logits


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
